"""What `sct.attribution` is made of: methods by Captum, curves, checks."""
