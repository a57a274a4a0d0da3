"""How motion clips are made: camera, scenes, things, film. `clips.py` puts them together."""
