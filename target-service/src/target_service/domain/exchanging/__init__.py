"""What goes out as a file and comes in again: columns and cells of sheets, and what cites what."""
