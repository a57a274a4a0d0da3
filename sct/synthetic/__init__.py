"""Synthetic motion clips: `clips.py` draws them at random, `from_spec.py` renders what is asked."""
