"""Named ablations for the questions that most people have."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

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
    """An ablation with a name; `presets.toml` holds them.

    Args:
        key: for URLs and the command line.
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
        """Parses the ablation; raises ValueError where it does not fit the config."""
        ablation = Ablation.parse(self.text)
        ablation.validate(config)
        return ablation

    def fits(self, config: SCTConfig) -> bool:
        """Tells whether a model of this config can do it and was not trained so."""
        try:
            return not same(config, self.ablation(config), Ablation())
        except ValueError:
            return False


PRESETS = tuple(
    Preset(**row)
    for row in tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))["presets"]
)
