"""Pages, fragments, and the live stream."""
