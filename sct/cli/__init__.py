"""One file a command of `python -m sct`; `sct.cli.main` puts them together."""
