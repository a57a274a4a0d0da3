"""Learn: seven short lessons, each with live pieces of the model on the clip of the sidebar."""

from pages.common import words

words.heading("Learn")

from pages.common.lessons import cards, lesson, progress  # noqa: E402
from pages.common.lessons.desk import Desk  # noqa: E402
from pages.common.session import current  # noqa: E402

chosen = progress.chosen()
if chosen is None:
    cards.show()
else:
    lesson.show(chosen, Desk.of(current()))
