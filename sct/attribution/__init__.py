"""What `sct.attribution.attribute` is made of: methods by Captum, curves, checks."""
