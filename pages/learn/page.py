"""Shows seven short lessons, each with live parts of the model on the clip of the sidebar."""

from pages.shell import headings

headings.heading("Learn")

from pages.learn import index, layout, progress  # noqa: E402
from pages.learn.lesson_page import LessonPage  # noqa: E402
from pages.shell.current import current  # noqa: E402

lesson = progress.chosen()
if lesson is None:
    index.show()
else:
    layout.show(LessonPage.of(lesson, current()))
