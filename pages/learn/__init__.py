"""The page Learn: lessons, whose texts are in `content/`, and the frame that they share."""
