"""The lessons in their order."""

from pages.common.lessons.parts import Lesson
from pages.common.lessons.patches import PATCHES

LESSONS: tuple[Lesson, ...] = (PATCHES,)
