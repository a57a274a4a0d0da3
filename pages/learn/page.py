"""Learn: seven short lessons, each with live pieces of the model on the clip of the sidebar."""

from pages.shell import headings

headings.heading("Learn")

from pages.learn import index, layout, progress  # noqa: E402
from pages.learn.context import Desk  # noqa: E402
from pages.shell.current import current  # noqa: E402

chosen = progress.chosen()
if chosen is None:
    index.show()
else:
    layout.show(chosen, Desk.of(current()))
