"""Attributes an answer to the patches of a clip, and checks whether that can be believed.

    from sct import attribution

    found = attribution.attribute(model, frames, "occlusion")
    found = attribution.attribute(model, frames, "occlusion", target=1, against=2)  # why 1, not 2
    attribution.check(model, frames, found).why

The methods are those of Captum; docs/attributions.md says what each computes.
"""

from sct.lazy import lazy_names

__getattr__, __all__ = lazy_names(
    __name__,
    {
        "deletion_insertion": "Curve References curves references",
        "result": "BASELINES METHODS Attribution Method method_of",
        "runner": "attribute",
        "sanity_checks": "Check check measured",
    },
)
