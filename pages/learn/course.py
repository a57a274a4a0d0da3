"""The lessons in their order."""

from pages.learn.content import Lesson
from pages.learn.lesson1_patches import PATCHES
from pages.learn.lesson2_chunk_attention import INSIDE
from pages.learn.lesson3_lsh import HASHING
from pages.learn.lesson4_shifted import SHIFTED
from pages.learn.lesson5_clip_encoder import FRAMES
from pages.learn.lesson6_ablation import ABLATION
from pages.learn.lesson7_explanation import EXPLANATION

LESSONS: tuple[Lesson, ...] = (PATCHES, INSIDE, HASHING, SHIFTED, FRAMES, ABLATION, EXPLANATION)
