"""Records as others see them: pages, one, its history and its sources, files; and its key."""
