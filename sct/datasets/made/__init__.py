"""Clips that are made for training out of drawings, photographs and footage."""
