"""Small helpers of several pages."""
