"""Frames as RGB arrays: overlays, arrows, text, files."""
