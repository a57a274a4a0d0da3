"""The entry point of `python -m sct`."""

from sct.cli.main import cli

cli(prog_name="python -m sct")
