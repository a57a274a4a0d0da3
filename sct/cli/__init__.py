"""The commands of `python -m sct`, one a file; `sct.cli.main` puts them together."""
