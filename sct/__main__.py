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
