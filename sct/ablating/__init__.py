"""What switching parts off does: see `sct.ablate`."""
