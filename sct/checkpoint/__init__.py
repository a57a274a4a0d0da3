"""Weights and model cards: loading and saving."""
