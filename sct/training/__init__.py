"""What a training run is made of. `sct.training.trainer` puts it together."""
