"""What a training run is made of. `sct.training` puts it together."""
