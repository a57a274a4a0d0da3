"""`python -m sct`."""

from sct.cli import cli

cli(prog_name="python -m sct")
