"""Who holds which role for which scope: by posts, bodies, grants and delegation."""
