"""The selection of the sidebar, and the view that is loaded from it. Plain data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import streamlit as st

from sct.labels import names_of
from sct.questions import in_full

if TYPE_CHECKING:  # PyTorch is loaded under a spinner
    from sct.model.ablation import Ablation
    from sct.model.config import SCTConfig
    from sct.model.sct import SCT
    from sct.synthetic.batch import SyntheticClip
    from sct.video.clip import Clip

_SELECTION = "_selection"
FILES = ("Upload", "Collection")  # sources whose clip is taken from a file that pages hold
CLIP = "_clip_hash"  # of the session: the hash of the clip that was loaded last


@dataclass(frozen=True)
class Selection:
    """The selection in the sidebar, before anything is loaded.

    Args:
        model: name of a checkpoint; None where there is none.
        source: "Sample", "Upload", "Lab" or "Collection".
        sample, seed: its name, and the scene of one that is made.
        file: of an upload, an `Upload`; of a collection, what reads like one; or None.
        start, stride: of all but made clips, in seconds.
        ablation: text form, not yet checked.
        everywhere: whether the ablation applies to all pages.
        spec: text form of the Motion lab's clip.
        question: of a model that answers several, the one that pages explain; else "".
        real: whether the sample is a real clip.
        crop: of the pictures of a video: the text of a `Crop`, or "views", the mean of several.
    """

    model: str | None
    source: str
    sample: str
    seed: int
    file: Any
    start: float
    stride: float
    ablation: str
    everywhere: bool
    spec: str = ""
    question: str = ""
    real: bool = False
    crop: str = "centre"

    @property
    def from_file(self) -> bool:
        """Return whether `file` is what the clip is taken from."""
        return self.source in FILES


@dataclass(frozen=True, eq=False)
class LoadedModel:
    """A model and its card.

    Args:
        model: of one question.
        question: which one it is, of a checkpoint that answers several; else "".
        questions: of the checkpoint; none where it has but one.
        whole: the model that answers all of them at once, and shares its weights with `model`.
        version: of weights and card (`sct.checkpoint.io.version`): under a name others may follow.
    """

    name: str
    model: SCT
    card: dict[str, Any]
    question: str = ""
    questions: tuple[str, ...] = ()
    whole: SCT | None = None
    version: str = ""

    @property
    def key(self) -> tuple[str, str, str, str]:
        """Return what tells its answers from those of others."""
        return self.name, self.question, self.device, self.version

    @property
    def device(self) -> str:
        return str(self.model.device)

    @property
    def labels(self) -> tuple[str, ...]:
        return names_of(self.model.config)

    @property
    def full_labels(self) -> tuple[str, ...]:
        """Return the labels as they are to be read where one stands alone."""
        return tuple(in_full(self.model.config, label) for label in self.labels)


@dataclass(frozen=True, eq=False)
class View:
    """The selection with its clip and model loaded.

    Args:
        synthetic: the clip with its true motion; None for an upload.
        several: whether answers are the mean of several views; maps are of the middle one.
        ablation: the model as trained where its text form was wrong, as `ablation_error` then says.
    """

    loaded: LoadedModel
    clip: Clip
    synthetic: SyntheticClip | None
    ablation: Ablation
    ablation_error: str | None
    everywhere: bool
    several: bool = False

    @property
    def config(self) -> SCTConfig:
        return self.loaded.model.config

    @property
    def truth(self) -> str | None:
        """Return the true answer to the model's question; None where it is not known."""
        from sct.synthetic.composite import answer_in

        return answer_in(self.clip.truth, self.loaded.labels)

    @property
    def maps_ablation(self) -> Ablation:
        """Return the ablation under which pages other than Ablation show the model."""
        return self.ablation if self.everywhere else type(self.ablation)()


class NothingToShow(Exception):
    """Ends a page that has said why it is empty; the script goes on."""


def select(selection: Selection) -> None:
    """Make a selection the one that pages show."""
    st.session_state[_SELECTION] = selection


def selected() -> Selection:
    """Return what the sidebar says, for a page that needs neither clip nor weights."""
    return st.session_state[_SELECTION]
