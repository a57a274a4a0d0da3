"""Clips that are one file, or of one content, under several names."""
