"""The state of the app: the address, the session, the clip of the lab."""
