"""Studies behind docs/: grounding, twins, attributions, real data."""
