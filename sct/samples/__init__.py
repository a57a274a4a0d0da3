"""Clips to begin with: real ones that are free to ship, made ones, and some that fool a model."""
