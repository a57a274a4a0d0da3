"""Ablations by name: the questions that most people have."""

from __future__ import annotations

from dataclasses import dataclass

from sct.ablation_study.components import same
from sct.model.ablation import Ablation
from sct.model.config import SCTConfig

TABLE_5 = (
    "The paper's table 5 trains a model anew for each row. Here one trained model is switched: a "
    "loss says what this model rests on, not what a model without the part would have learned. The "
    "row with 2 shifted MSAs a stage needs a layer that no switch can add."
)


@dataclass(frozen=True)
class Preset:
    """An ablation with a name.

    Args:
        key: for addresses and the command line.
        name: for people.
        asks: the question, as one sentence.
        text: the ablation as text, for any config that it fits.
        group: the name of the set that it belongs to, or "".
    """

    key: str
    name: str
    asks: str
    text: str
    group: str = ""

    def ablation(self, config: SCTConfig) -> Ablation:
        """Raises ValueError where it does not fit the config, such as an offset past its frames."""
        ablation = Ablation.parse(self.text)
        ablation.validate(config)
        return ablation

    def fits(self, config: SCTConfig) -> bool:
        """Whether a model of this config can do it and was not trained so."""
        try:
            return not same(config, self.ablation(config), Ablation())
        except ValueError:
            return False


PRESETS: tuple[Preset, ...] = (
    Preset(
        "no-motion-path",
        "No motion path",
        "What is left when every frame is matched with itself instead of the one before?",
        "shifted=self",
    ),
    Preset(
        "no-shifted-attention",
        "No shifted attention",
        "What is left when the block that looks back is left out as a whole?",
        "shifted=off",
    ),
    Preset(
        "exact-attention",
        "Exact attention",
        "Does hashing lose anything against attention of all patches to all?",
        "lsh=full",
    ),
    Preset(
        "no-lsh",
        "No LSH attention",
        "Does the answer need patches to look beyond their own chunk within a frame?",
        "lsh=off",
    ),
    Preset(
        "no-chunk-attention",
        "No chunk attention",
        "Does the answer need patches to look around in their own chunk?",
        "vilt=off",
    ),
    Preset(
        "no-clip-encoder",
        "No clip encoder",
        "What does the mean of the frames say, in place of the layers that compare them?",
        "clip=mean",
    ),
    Preset(
        "first-frame-only",
        "First frame only",
        "What can be told from a single picture, when nothing moves?",
        "order=repeat-first",
    ),
    Preset(
        "reversed",
        "Reversed",
        "Does the answer turn round when time runs backwards?",
        "order=reversed",
    ),
    Preset(
        "shuffled",
        "Shuffled",
        "Does the answer need the frames in their order?",
        "order=shuffled(1)",
    ),
    Preset(
        "table-5-0-0",
        "0 shifted MSA",
        "What is left without any shifted MSA?",
        "shifted=off",
        "table 5",
    ),
    Preset(
        "table-5-1-1",
        "1 MSA, 1 frame back",
        "What does the model say when every head looks one frame back?",
        "offsets=1",
        "table 5",
    ),
    Preset(
        "table-5-1-5",
        "1 MSA, 5 frames back",
        "What does the model say when every head looks five frames back?",
        "offsets=5",
        "table 5",
    ),
)
