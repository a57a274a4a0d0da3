"""The lessons in their order: what they say, and the modules that draw their live parts."""

from types import ModuleType

from pages.learn import (
    lesson1_patches,
    lesson2_chunk_attention,
    lesson3_lsh,
    lesson4_shifted,
    lesson5_clip_encoder,
    lesson6_ablation,
    lesson7_explanation,
)
from pages.learn.lesson import CONTENT, Lesson, read

# Each has `show(page)`, which draws the steps, and `facts(page)`, which the symbols are filled
# in with; None where the model lacks what the lesson is about.
MODULES: tuple[ModuleType, ...] = (
    lesson1_patches,
    lesson2_chunk_attention,
    lesson3_lsh,
    lesson4_shifted,
    lesson5_clip_encoder,
    lesson6_ablation,
    lesson7_explanation,
)
LESSONS: tuple[Lesson, ...] = tuple(
    read(CONTENT / f"{module.__name__.rpartition('.')[2]}.toml") for module in MODULES
)
