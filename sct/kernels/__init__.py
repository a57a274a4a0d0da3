"""Computes the same values as `sct/model/`, but faster; device and shape choose the way."""
