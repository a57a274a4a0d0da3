"""The parts of a training run. `sct.training.trainer` puts them together."""
