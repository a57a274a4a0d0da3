"""Clips: made, filmed, uploaded, and their pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

from sct.synthetic.clips import FPS, SyntheticClip, make_clip
from sct.synthetic.from_spec import render_spec, spec_scenes
from sct.synthetic.spec import ClipSpec
from sct.video.clip import Clip, read_clip
from viz.components.player.message import Sprite
from viz.components.player.message import sprite as encode_sprite
from viz.views import pictures_of

if TYPE_CHECKING:
    from torch import Tensor


SIDE = 448  # pixels of a picture: four for each of the model's at 112


@st.cache_resource(max_entries=32, show_spinner="Making the clip …")
def made_clip(label: str, seed: int, frames: int, size: int) -> tuple[SyntheticClip, Clip]:
    made = make_clip(label, seed, frames=frames, size=size)
    return made, made.as_clip()


@st.cache_resource(max_entries=32, show_spinner=False)
def scenery(texture: str, seed: int, size: int) -> Tensor:
    """What shots of the Motion lab show; to make it takes longer than to film it."""
    return spec_scenes(texture, seed, size)


@st.cache_resource(max_entries=32, show_spinner=False)
def filmed(shot: str, frames: int, size: int) -> tuple[SyntheticClip, Clip]:
    """The clip of a shot, given by its text form."""
    found = ClipSpec.parse(shot)
    made = render_spec(found, frames, size, scenery(found.texture, found.seed, size))
    clip = Clip.from_frames(made.frames, name=found.title, fps=FPS, truth=found.label)
    return made, clip


@st.cache_resource(max_entries=16, show_spinner="Reading the video …")
def uploaded_clip(file_id: str, frames: int, start: float, stride: float, _file: Any) -> Clip:
    """Raises ClipError. `file_id` is new for each upload."""
    _file.seek(0)
    return read_clip(_file, frames=frames, start=start, stride=stride, name=_file.name)


@st.cache_resource(max_entries=12, show_spinner=False)
def _pictures(clip_hash: str, side: int, _clip: Clip) -> np.ndarray:
    drawn = pictures_of(_clip, side)
    drawn.flags.writeable = False  # every session gets this very array
    return drawn


def pictures(clip: Clip, side: int = SIDE) -> np.ndarray:
    """What the model sees of each frame, sharper than it sees it: uint8 (T, side, side, 3)."""
    return _pictures(clip.hash, side, clip)


@st.cache_resource(max_entries=12, show_spinner=False)
def _sprite(clip_hash: str, order: tuple[int, ...], side: int, _clip: Clip) -> Sprite:
    # Someone waits for it, and it is sent once.
    return encode_sprite(pictures(_clip, side)[list(order)], "jpeg", 90)


def sprite(clip: Clip, order: tuple[int, ...], side: int = SIDE) -> Sprite:
    """The pictures of a clip in the model's order, as the player wants them."""
    return _sprite(clip.hash, order, side, clip)
