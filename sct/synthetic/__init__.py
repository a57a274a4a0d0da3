"""Synthetic motion clips: `clips.py` draws them, `from_spec.py` renders what is asked for."""
