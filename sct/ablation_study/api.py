"""The ablation lab: what switching parts off does, to one clip and over many.

    from sct import ablate

    effects = ablate.one_at_a_time(model, frames)  # each part in turn, on one clip
    for effect in effects.ranked():
        print(effect.part.name, effect.log_odds, effect.label)

The room `sct/ablation_study/` holds its parts; `sct.Ablation` is what they are all told in. What
is switched off here is gone from a model that was trained with it. What a model would have learned
without the part is another question: `python -m sct train --ablate`.
"""

from __future__ import annotations

from sct.ablation_study.components import (
    NOTHING_LEFT,
    Part,
    combined,
    heads,
    nothing_left,
    parts,
    pick,
)
from sct.ablation_study.effects import (
    Effect,
    Effects,
    Pairs,
    check_target,
    effects_of,
    head_by_head,
    one_at_a_time,
    pairs,
)
from sct.ablation_study.over_clips import (
    SWEPT,
    Comparison,
    Score,
    Variant,
    compare,
    over_clips,
    sweep,
    swept,
    usual_values,
)
from sct.ablation_study.presets import PRESETS, TABLE_5, Preset
from sct.ablation_study.shared_forward import logits

__all__ = [
    "NOTHING_LEFT",
    "PRESETS",
    "SWEPT",
    "TABLE_5",
    "Comparison",
    "Effect",
    "Effects",
    "Pairs",
    "Part",
    "Preset",
    "Score",
    "Variant",
    "check_target",
    "combined",
    "compare",
    "effects_of",
    "head_by_head",
    "heads",
    "logits",
    "nothing_left",
    "one_at_a_time",
    "over_clips",
    "pairs",
    "parts",
    "pick",
    "sweep",
    "swept",
    "usual_values",
]
