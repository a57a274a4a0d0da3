"""Whole collections of videos: a model's answers to all of them in one table."""
