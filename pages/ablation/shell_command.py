"""The commands that repeat an ablation and its analyses in the shell."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

import streamlit as st

from pages.ablation.data import Data
from pages.ablation.question import Question
from pages.state.view import View
from pages.widgets.markdown import file_argument
from sct.ablation_study import Variant
from sct.evaluation.open import made_data
from sct.model.ablation import Ablation
from sct.video.crop import CENTRE


def draw(view: View) -> None:
    """Draw the text form of the ablation, and the command that does the same without the app."""
    text = str(view.ablation)
    ablate = [] if text == "none" else ["--ablate", text]
    model = ["--model", view.loaded.name]
    if not view.clip.from_file:
        title = "On the command line, over 1,000 made clips (this one has no file):"
        words = ["evaluate", "--data", _made(view), *model, *ablate, "--limit", "1000"]
    else:
        title = "On the command line, for this clip:"
        words = ["predict", _file(view), *model, *_sampling(view), *ablate]
    with st.expander("The same as text, and from the shell", icon=":material/terminal:"):
        st.caption("Text form, as in the address of this page and in reports:")
        st.code(text, language=None, wrap_lines=True)
        _show(title, ["python", "-m", "sct"], words)


def of_clip(question: Question, parts: str = "") -> None:
    """Draw the command of an analysis of one clip; `parts` is for `--parts`, "" for each part."""
    _one_clip(question, _command("ablate"), ["--parts", parts] if parts else [])


def of_patching(question: Question, more: Sequence[str]) -> None:
    """Draw the command of an analysis that takes parts from another clip; `more` is its own."""
    _one_clip(question, _command("patch"), more)


def _one_clip(question: Question, start: Sequence[str], more: Sequence[str]) -> None:
    view, drawn = question.view, not question.view.clip.from_file
    words = ["clip.mp4" if drawn else _file(view), "--model", view.loaded.name]
    words += _question(view)
    words += [] if drawn else _sampling(view)
    words += more
    if question.target is not None:
        words += ["--target", view.loaded.labels[question.target]]
    if question.base != Ablation():
        words += ["--ablate", str(question.base)]
    where = "for a file of yours, as this clip has none" if drawn else "for this clip"
    _fold(f"The same from the shell, {where}", start, words)


def of_clips(
    view: View,
    data: Data,
    variants: Sequence[Variant] = (),
    sweep: str | None = None,
) -> None:
    """Draw the command of an analysis of many clips.

    Args:
        data: which clips.
        variants: what is compared; each part in turn without any.
        sweep: the field that is swept.
    """
    words = ["--model", view.loaded.name, *_question(view), "--limit", str(data.limit)]
    words += ["--split", data.split] if data.split != "test" else []
    if variants:
        words += ["--variants", *(str(each.ablation) for each in variants)]
    words += ["--sweep", sweep] if sweep else []
    _fold("The same from the shell", [*_command("ablate"), f"--data {data.shell}"], words)


def _command(name: str) -> list[str]:
    return ["python", "-m", "sct", name]


def _fold(title: str, start: Sequence[str], words: Sequence[str]) -> None:
    """Draw the command of an analysis, folded up."""
    with st.expander(title, icon=":material/terminal:"):
        _show("`--json` for JSON:", start, words)


def _file(view: View) -> str:
    """Return the clip's file: a sample's as it lies in the repository, an upload's by its name."""
    return view.clip.path or file_argument(view.clip.name)


def _made(view: View) -> str:
    return made_data(view.loaded.labels) or "motion"


def _question(view: View) -> list[str]:
    return ["--question", view.loaded.question] if view.loaded.question else []


def _sampling(view: View) -> list[str]:
    clip = view.clip
    crop = [] if clip.crop == CENTRE else ["--crop", str(clip.crop)]
    return ["--start", f"{clip.start:g}", "--stride", f"{clip.stride:g}", *crop]


def _show(title: str, start: Sequence[str], words: Sequence[str]) -> None:
    """Draw a command; `words` are quoted for the shell, `start` is as it is to be typed."""
    st.caption(title)
    st.code(" ".join([*start, *map(shlex.quote, words)]), language="bash", wrap_lines=True)
