"""The ablation lab: what switching parts off does, to one clip and over many.

The room `sct/ablating/` holds its parts; `sct.ablation.Ablation` is what they are all told in.
"""

from __future__ import annotations

from sct.ablating.shared import logits

__all__ = ["logits"]
