"""Folders of videos: splits, classes, recordings and clips in them."""
