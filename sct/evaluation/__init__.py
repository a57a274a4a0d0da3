"""Measures models on test sets. `sct.evaluation.accuracy` puts it together."""
