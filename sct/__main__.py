"""The entry point of `python -m sct`."""

import signal

try:
    from sct.cli.main import cli

    cli(prog_name="python -m sct")
except KeyboardInterrupt:  # while the above is read; once it runs, it answers itself
    raise SystemExit(130) from None
finally:
    # One who asks a second time, while threads end, is obeyed at once and without a traceback.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    # Where an interrupt went through code that was text, as that of named tuples is, Python ends by
    # the signal in place of our exit code, though it was caught; unless more such code has run.
    exec("")  # nosec B102
