"""How fast it is, beside other implementations."""
