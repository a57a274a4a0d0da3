"""One file a command of `python -m sct`; `sct.cli` puts them together."""
