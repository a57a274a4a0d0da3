"""Triton kernels for a GPU: each computes a part of the model, read once and written once."""
