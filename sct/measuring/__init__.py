"""What is measured, and on which clips. `sct.evaluation` puts it together."""
