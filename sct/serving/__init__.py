"""Serving many people at once: whose turn it is, files of strangers, faults of a device."""
