"""The sidebar, which selects the clip, its sampling, the model and the ablation."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import streamlit as st

from pages.shell import gallery
from pages.state import collection_clip, lab_clip, tray, url_widgets, window
from pages.state.view import Selection, select
from pages.widgets.markdown import plain
from pages.widgets.uploads import upload_field

if TYPE_CHECKING:
    from sct.serving.device import Device

WHY = "why"  # in the address of a link: the question that it asks about


def draw(page: str) -> Any:
    """Draw the sidebar of a page (by its address) and select what it says.

    Returns:
        the place for the tray of recent clips, which is filled when the page has its clip.
    """
    lab_clip.enter(page)
    with st.sidebar:
        with st.spinner("Loading PyTorch …"):
            from pages.cache.checkpoints import card_of
            from pages.cache.models import device
            from sct.checkpoint.io import list_models
            from sct.samples.catalogue import FIRST, SCENE, samples

            models, where = list_models(), device()
        st.subheader("Clip")
        in_run = collection_clip.known()
        source = url_widgets.segments(
            "Source",
            ["Sample", "Upload", lab_clip.SOURCE, *[collection_clip.SOURCE] * in_run],
            "source",
            "Sample",
            label_visibility="collapsed",
            width="stretch",
        )
        sample, seed, start, stride, file, spec = FIRST, SCENE, 0.0, 0.1, None, ""
        about, real = None, False
        crop = window.CENTRE
        if source == "Sample":
            sample, seed = gallery.choose()
            about = st.container()  # what it says depends on the model, too
            if real := samples()[sample].group == "real":
                own = samples()[sample]
                start, stride = window.fields(source, own.start, own.stride)
                crop = window.crop()
        elif source == lab_clip.SOURCE:
            spec = lab_clip.describe(page)
        else:
            file = _upload() if source == "Upload" else _of_run()
            start, stride = window.fields(source, start, stride)
            crop = window.crop()
        if in_run and source != collection_clip.SOURCE:
            collection_clip.leave()
        recent = st.container()
        if source == lab_clip.SOURCE or (source == "Sample" and not real):
            url_widgets.write_address(window.CROP, "")  # what is made has none
        st.subheader("Model")
        model, card = None, None
        if models:
            model = url_widgets.select(
                "Model", models, "model", models[0], label_visibility="collapsed"
            )
            card, _ = card_of(model)  # what is wrong with it is said where the model is loaded
        card = card or {}
        question = _question(card)
        st.caption(f"Runs on {_device_name(where)}")
        if about is not None:
            with about:
                gallery.describe(sample, card)
        ablation, everywhere = _ablation()
    sampling = sample, seed, file, start, stride
    select(Selection(model, source, *sampling, ablation, everywhere, spec, question, real, crop))
    return recent


def _question(card: dict[str, Any]) -> str:
    """Draw which question pages are about, where the model answers several; "" where it has one."""
    try:
        names = [name for name, _ in card["config"].get("questions", ())]
    except (KeyError, TypeError, ValueError):
        return ""
    if not names:
        return ""
    if (why := st.query_params.pop(WHY, None)) in names:
        # In place of the choice that the session holds, before which a bound parameter counts not.
        st.session_state["question"] = why
    return url_widgets.segments(
        "Question",
        names,
        "question",
        names[0],
        help="What does it do? The model answers each by itself; maps, ablations and attributions "
        "are about the one chosen here.",
    )


def _upload() -> Any:
    emptied, before = st.session_state.get(tray.ROUND, 0), st.session_state.get(tray.FILE)

    def added() -> None:
        if before:  # the window and crop were of another clip; a link's are for the first
            window.move("Upload", *window.FIRST)
            window.no_crop()

    # No list of types: whatever FFmpeg opens is a clip, and the rest gets a sentence.
    return upload_field(
        "Video", f"upload{emptied or ''}", tray.FILE, added, label_visibility="collapsed"
    )


def _of_run() -> Any:
    """Say which file of a run is shown, and return it; None where it is gone, which pages say."""
    from pages.cache.collections import file_of
    from sct.errors import SCTError

    run, name = collection_clip.chosen()
    try:
        found = file_of(run, name)
    except SCTError as error:
        st.session_state[collection_clip.GONE] = str(error)
        found = None
    else:
        st.caption(f"{plain(found.file, 120)}, of the run {plain(run, 60)}")
    st.page_link("../collection/page.py", label="Back to the run", icon=":material/grid_view:")
    return found


def _ablation() -> tuple[str, bool]:
    with st.expander(
        "Ablation", icon=":material/tune:", expanded=bool(st.query_params.get("ablate"))
    ):
        text = st.text_input(
            "Text form",
            key="ablate",
            placeholder="none: the model as trained",
            max_chars=400,
            help="What is switched off or changed. The Ablation page has a switch for each part.",
            **url_widgets.BOUND,
        )
        everywhere = url_widgets.toggle(
            "Apply to all pages",
            "everywhere",
            help="Off: only the Ablation page shows the ablated model, beside the trained one.",
        )
    return (text or "")[:400], everywhere


def _device_name(device: Device) -> str:
    if device.name == "cpu":
        here = f"the CPU ({os.cpu_count()} cores)"
        return f"{here}. {device.degraded}" if device.degraded else here
    import torch

    return f"the GPU ({torch.cuda.get_device_name(device.name)})"
