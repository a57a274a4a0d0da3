"""The page Motion lab."""
