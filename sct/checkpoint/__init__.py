"""Weights and model cards: loading and saving."""

DEFAULT = "sct-scene"  # the model that is meant where none is named
