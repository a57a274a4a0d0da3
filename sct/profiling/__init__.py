"""Parameters, multiply-adds and times of the parts of a model."""
