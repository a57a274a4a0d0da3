"""Measures what switching components off does, to one clip and over many.

    from sct import ablation_study

    effects = ablation_study.one_at_a_time(model, frames)  # each component in turn, on one clip
    for effect in effects.ranked():
        print(effect.component.name, effect.log_odds, effect.label)

`sct.Ablation` says what is off. What is switched off here is gone from a model that was trained
with it. What a model would have learned without it is another question:
`python -m sct train --ablate`.
"""

from sct.lazy import lazy_names

__getattr__, __all__ = lazy_names(
    __name__,
    {
        "components": "Component NOTHING_LEFT combined laid_over list_components list_heads "
        "nothing_left pick_components",
        "effects": "Effect Effects Pairs check_target effects_of head_by_head one_at_a_time pairs",
        "comparison": "SWEPT Comparison Score Variant compare over_clips sweep swept usual_values",
        "presets": "PRESETS TABLE_5 Preset",
        "patching": "Patched Source grounded list_sites patch_sites reversed_clip",
        "shared_forward": "logits",
    },
)
