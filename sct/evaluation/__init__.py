"""What is measured, and on which clips. `sct.evaluation.accuracy` puts it together."""
