"""The page Shifted attention."""
