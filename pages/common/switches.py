"""The switches of the Ablation page: one for each field of `Ablation`, all views of its text form.

The text in the address is the only truth. Before each run the switches are set from it, and a
change of any switch writes a new text: so links, the text field, presets and switches cannot
disagree.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import streamlit as st

from pages.common.session import View
from sct.ablation import CLIP, LSH, SHIFTED, VILT, Ablation
from sct.config import SCTConfig

TEXT = "ablate"
PRESETS: dict[str, str] = {
    "As trained": "none",
    "No motion path": "shifted=self",
    "No shifted attention": "shifted=off",
    "Exact for LSH": "lsh=full",
    "No LSH": "lsh=off",
    "Shuffled": "order=shuffled(1)",
    "Reversed": "order=reversed",
    "Frozen": "order=repeat-first",
    "No clip encoder": "clip=mean",
}
_TRAINED = "(trained)"
_SHOWN = {
    "on": "on",
    "self": "self",
    "off": "off",
    "lsh": "hashed",
    "full": "exact",
    "mean": "mean of frames",
    "as-is": "as it is",
    "reversed": "reversed",
    "shuffled": "shuffled",
    "repeat-first": "first repeated",
    "chunk": "chunk",
    "frame": "whole frame",
}


def write(ablation: Ablation) -> None:
    """Make it the ablation of the session and of the address."""
    text = str(ablation)
    st.session_state[TEXT] = "" if text == "none" else text


def presets(ablation: Ablation) -> None:
    """One click for the questions that most people have."""
    with st.container(horizontal=True, gap="xsmall"):
        for name, text in PRESETS.items():
            st.button(
                name,
                key=f"preset_{text}",
                type="primary" if str(ablation) == text else "secondary",
                on_click=write,
                args=(Ablation.parse(text),),
            )


def draw(ablation: Ablation, config: SCTConfig) -> None:
    """All switches. A change of one takes effect in the run that follows."""
    switches = _Switches(ablation, config)
    with st.container(border=True):
        st.markdown("**Motion path** · shifted attention")
        st.caption(
            "self: a frame looks at itself instead of the one before; only the motion path goes."
        )
        switches.stages("shifted", SHIFTED, config.shifted_blocks > 0)
        switches.offsets()
        switches.window()
    with st.container(border=True):
        st.markdown("**Image attention** · LSH over the whole frame")
        st.caption("exact: every patch attends to every other, as hashing only approximates.")
        switches.stages("lsh", LSH)
        with st.grid(3, min_column_width=120, gap="small"):
            switches.lsh_numbers()
    with st.container(border=True):
        st.markdown("**Chunk attention** · ViLT blocks")
        switches.stages("vilt", VILT)
    with st.container(border=True):
        st.markdown("**Time** · clip encoder and frame order")
        switches.clip()
        switches.order()
    with st.container(border=True):
        st.markdown("**Single heads**")
        switches.heads()


def hashing(view: View) -> None:
    """Rounds, bucket size and seed of LSH, for the page that shows them: a change applies there."""
    base = view.ablation
    if not view.everywhere:  # what the page shows is as trained
        base = replace(base, rounds=None, bucket=None, seed=None)

    def put(ablation: Ablation) -> None:
        write(ablation)
        st.session_state["everywhere"] = str(ablation) != "none"

    _Switches(base, view.config, put).lsh_numbers(width=148)


class _Switches:
    def __init__(
        self, ablation: Ablation, config: SCTConfig, put: Callable[[Ablation], None] = write
    ):
        self.ablation, self.config, self.write = ablation, config, put

    def _set(self, key: str, value: Any) -> str:
        st.session_state[f"_sw_{key}"] = value
        return f"_sw_{key}"

    def _put(self, key: str, field: str, convert: Any) -> None:
        value = convert(st.session_state[f"_sw_{key}"])
        self.write(replace(self.ablation, **{field: value}))

    def _segments(self, label: str, options: Sequence[str], key: str, now: str, put: Any) -> None:
        st.segmented_control(
            label,
            options,
            required=True,
            key=self._set(key, now),
            format_func=lambda o: _SHOWN.get(o, o),
            on_change=put,
        )

    def _choose(
        self, label: str, options: list[str], key: str, now: str, put: Any, **more: Any
    ) -> None:
        options = options if now in options else [*options, now]
        st.selectbox(label, options, key=self._set(key, now), on_change=put, **more)

    def stages(self, field: str, modes: Sequence[str], there: bool = True) -> None:
        """One control a stage."""
        if not there:
            st.caption("This model has none.")
            return
        count = self.config.stages
        now = getattr(self.ablation, field)
        now = now * count if len(now) == 1 else now

        def put(i: int) -> None:
            value = st.session_state[f"_sw_{field}{i}"]
            write(replace(self.ablation, **{field: (*now[:i], value, *now[i + 1 :])}))

        for i in range(count):
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                st.caption(f"Stage {i + 1}", width=56)
                st.segmented_control(
                    f"Stage {i + 1}, {field}",
                    modes,
                    required=True,
                    key=self._set(f"{field}{i}", now[i]),
                    format_func=lambda o: _SHOWN.get(o, o),
                    on_change=put,
                    args=(i,),
                    label_visibility="collapsed",
                )

    def offsets(self) -> None:
        now = ",".join(map(str, self.ablation.offsets)) or self._trained(
            self.config.shifted_offsets
        )
        options = [
            self._trained(self.config.shifted_offsets),
            *map(str, range(self.config.frames)),
        ]
        self._choose(
            "Frames from query to key",
            options,
            "offsets",
            now,
            lambda: self._put(
                "offsets",
                "offsets",
                lambda v: () if v.endswith(_TRAINED) else tuple(map(int, v.split(","))),
            ),
            help="How many frames back the previous map looks; 0 is the frame itself. One number a "
            "head (multi-scale) can be written in the text form.",
        )

    def window(self) -> None:
        def put() -> None:
            self._put("window", "window", lambda v: "" if v == self.config.shifted_window else v)

        now = self.ablation.window or self.config.shifted_window
        self._segments("Window", ["chunk", "frame"], "window", now, put)

    def lsh_numbers(self, **more: Any) -> None:
        for field, label, options in (
            ("rounds", "Hash rounds", map(str, range(1, 9))),
            ("bucket", "Bucket size", self._bucket_sizes()),
            ("seed", "Hash seed", ["0", "1", "2", "3", "4"]),
        ):
            own = getattr(self.config, f"lsh_{field}")
            trained, now = self._trained((own,)), getattr(self.ablation, field)
            self._choose(
                label,
                [trained, *(o for o in options if o != str(own))],
                field,
                trained if now in (None, own) else str(now),
                lambda f=field: self._put(f, f, lambda v: None if v.endswith(_TRAINED) else int(v)),
                **more,
            )

    def _bucket_sizes(self) -> list[str]:
        """Sizes that the stages of this model allow, from a seventh of a chunk to a whole frame."""
        fits = []
        for size in (7, 14, 28, 49, 98, 196, 392, 784, 1568, 3136):
            try:
                replace(self.ablation, bucket=size).validate(self.config)
            except ValueError:
                continue
            fits.append(str(size))
        return fits

    def clip(self) -> None:
        self._segments(
            "Clip encoder", CLIP, "clip", self.ablation.clip, lambda: self._put("clip", "clip", str)
        )

    def order(self) -> None:
        mode, _, seed = self.ablation.order.partition("(")
        seed = int(seed.rstrip(")") or 1) if mode == "shuffled" else 1

        def put() -> None:
            chosen = st.session_state["_sw_order"]
            drawn = int(st.session_state.get("_sw_shuffle") or 0)
            order = f"shuffled({drawn})" if chosen == "shuffled" else chosen
            write(replace(self.ablation, order=order))

        modes = ["as-is", "reversed", "shuffled", "repeat-first"]
        self._set("shuffle", seed)
        self._segments("Frame order", modes, "order", mode, put)
        if mode == "shuffled":
            st.number_input(
                "Shuffle seed", 0, 999_999_999, step=1, key="_sw_shuffle", on_change=put, width=170
            )

    def heads(self) -> None:
        config, names = self.config, {}
        for stage in range(1, config.stages + 1):
            for part, counts in (
                ("vilt", config.heads),
                ("lsh", config.heads),
                ("shifted", config.shifted_heads),
            ):
                for head in range(counts[stage - 1]):
                    kind = ""
                    if part == "shifted" and config.grounded_heads[stage - 1]:
                        grounded = head in config.grounded_heads[stage - 1]
                        kind = " ◆ grounded" if grounded else " ○ free"
                    names[(stage, part, head)] = f"Stage {stage} · {part} · head {head}{kind}"
        st.multiselect(
            "Heads whose output is zeroed",
            list(names),
            key=self._set("heads", list(self.ablation.heads_off)),
            format_func=names.get,
            placeholder="none",
            on_change=lambda: self._put("heads", "heads_off", tuple),
        )

    @staticmethod
    def _trained(values: Sequence[int]) -> str:
        return f"{', '.join(map(str, values))} {_TRAINED}"
