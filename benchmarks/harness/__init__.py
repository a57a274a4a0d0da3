"""Timing in turn, with intervals, and tables."""
