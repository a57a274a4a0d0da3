"""How motion clips are made: camera, scenes, things, film. `sct.motion` puts them together."""
