"""The lessons of the page Learn, one file each, and the frame that they share."""
