"""What is looked at: the address, the session, the clip of the lab."""
