"""The lessons in their order."""

from pages.common.lessons.ablation import ABLATION
from pages.common.lessons.explanation import EXPLANATION
from pages.common.lessons.frames import FRAMES
from pages.common.lessons.hashing import HASHING
from pages.common.lessons.inside import INSIDE
from pages.common.lessons.parts import Lesson
from pages.common.lessons.patches import PATCHES
from pages.common.lessons.shifted import SHIFTED

LESSONS: tuple[Lesson, ...] = (PATCHES, INSIDE, HASHING, SHIFTED, FRAMES, ABLATION, EXPLANATION)
