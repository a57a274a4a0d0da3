"""Measures the speed of `sct` beside other implementations."""
