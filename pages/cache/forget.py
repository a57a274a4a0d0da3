"""Forgets what was computed for people who have all left, and can be computed again in moments."""

from __future__ import annotations

from pages.cache import attributions, clips, device, inference, jobs, scene, slides

# Clips and their pictures, passes, answers, and what was read of them; not models.
_COMPUTED = (
    *(clips.sample_clip, clips.scenes, clips.specified_clip, clips._uploaded, clips._cropped),
    *(clips.pictures, clips.sprite, device._results, inference._results),
    *(inference.attention_rollout, inference._dense, inference.own_correlations),
    *(inference.references, inference.lsh_recall, scene._scene, slides._thumbs),
    *(attributions._cache, jobs._cache),
)


def forget_computed() -> None:
    """Forget all that was computed of clips."""
    for cache in _COMPUTED:
        cache.clear()
