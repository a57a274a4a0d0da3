"""Shows seven short lessons, each with live parts of the model on the clip of the sidebar."""

from pages.learn import index, layout, progress, teaching
from pages.learn.lesson_page import LessonPage
from pages.shell import headings
from pages.shell.current import current

lesson = progress.chosen()
if lesson is None or not teaching.presented():
    headings.heading("Learn")
if lesson is None:
    index.show()
else:
    layout.show(LessonPage.of(lesson, current()))
