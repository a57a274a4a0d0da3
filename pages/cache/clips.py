"""Clips (samples, specified, uploaded) and their pictures."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from pages.cache.decoding import read_clip
from pages.cache.keys import KEYS
from sct.samples.catalogue import samples
from sct.serving.uploads import Upload
from sct.synthetic.batch import FPS, SyntheticClip
from sct.synthetic.from_spec import render_spec, spec_scenes
from sct.synthetic.spec import ClipSpec
from sct.video.clip import Clip
from sct.video.crop import Crop
from viz.components.player.message import Sprite
from viz.components.player.message import sprite as encode_sprite
from viz.views import pictures_of

if TYPE_CHECKING:
    from torch import Tensor


SIDE = 448  # pixels of a picture: four for each of the model's at 112


@st.cache_resource(max_entries=16, show_spinner="Opening the sample …")
def sample_clip(
    name: str, scene: int, frames: int, size: int, window: tuple[float, float] | None = None
) -> tuple[SyntheticClip | None, Clip]:
    """Open a sample; `size` is in pixels, `window` the start and stride of a real one in seconds.

    Raises ClipError.
    """
    sample = samples()[name]
    if window is not None:
        sample = replace(sample, start=window[0], stride=window[1])
    return sample.open(scene, frames, size)


@st.cache_resource(max_entries=16, show_spinner=False)
def scenes(texture: str, seed: int, size: int) -> Tensor:
    """Make the pictures that specified clips show, which takes longer than to move them."""
    return spec_scenes(texture, seed, size)


@st.cache_resource(max_entries=16, show_spinner=False)
def specified_clip(spec: str, frames: int, size: int) -> tuple[SyntheticClip, Clip]:
    """Make the clip of a `ClipSpec`, given by its text form; `size` is in pixels."""
    given = ClipSpec.parse(spec)
    made = render_spec(given, frames, size, scenes(given.texture, given.seed, size))
    return made, Clip.from_frames(made.frames, name=given.title, fps=FPS, truth=given.label)


@st.cache_resource(max_entries=8, show_spinner="Reading the video …")
def _uploaded(key: str, frames: int, start: float, stride: float, _upload: Upload) -> Clip:
    return read_clip(_upload, frames, start, stride)


def uploaded_clip(upload: Upload, frames: int, start: float, stride: float) -> Clip:
    """Read a clip of a video that somebody has sent. Raises ClipError, Busy."""
    return _uploaded(upload.key, frames, start, stride, upload)


@st.cache_resource(max_entries=32, show_spinner=False, hash_funcs=KEYS)
def _cropped(clip: Clip, name: str, crop: str) -> Clip:
    return clip.cropped(Crop.parse(crop))


def cropped(clip: Clip, crop: str) -> Clip:
    """Return the clip with another crop, given by its text form."""
    return _cropped(clip, clip.name, crop)  # two people may have given one video two names


@st.cache_resource(max_entries=6, show_spinner=False, hash_funcs=KEYS)
def pictures(clip: Clip, side: int = SIDE) -> np.ndarray:
    """Draw each frame as the model sees it, but sharper: uint8 (T, side, side, 3), read-only."""
    drawn = pictures_of(clip, side)
    drawn.flags.writeable = False  # every session gets this very array
    return drawn


@st.cache_resource(max_entries=12, show_spinner=False, hash_funcs=KEYS)
def sprite(clip: Clip, order: tuple[int, ...], side: int = SIDE) -> Sprite:
    """Encode the pictures of a clip, in the order that the model sees, for the player."""
    # Someone waits for it, and it is sent once.
    return encode_sprite(pictures(clip, side)[list(order)], "jpeg", 90)
