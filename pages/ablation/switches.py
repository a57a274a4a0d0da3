"""Switches of the Ablation page: the diagram's, and one for each number of `Ablation`.

All are views of its text form, which stands in the address and is the only truth. Before each run
the switches are set from it, and a change of any switch writes a new text: so links, the text
field, presets and switches cannot disagree.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import streamlit as st

from pages.state.view import View
from sct.model.ablation import Ablation
from sct.model.config import SCTConfig

TEXT = "ablate"
_EDIT = "_diagram_edit"
_TRAINED = "(trained)"


def write(ablation: Ablation) -> None:
    """Make it the ablation of the session and of the address."""
    text = str(ablation)
    st.session_state[TEXT] = "" if text == "none" else text


def diagram(ablation: Ablation, config: SCTConfig) -> None:
    """The model, each part a switch."""
    from viz.components.diagram import diagram_data, mount, switched

    def on_switch(told: object) -> None:
        changed, st.session_state[_EDIT] = switched(config, ablation, told)
        write(changed)

    edit = st.session_state.get(_EDIT, 0)
    mount(diagram_data(config, ablation, switches=True, edit=edit), "ablation_diagram", on_switch)


def numbers(ablation: Ablation, config: SCTConfig) -> None:
    """What has more values than the diagram has room for."""
    switches = _Switches(ablation, config)
    with st.container(border=True):
        with st.grid(3, min_column_width=170, gap="small"):
            if config.shifted_blocks:
                switches.offsets()
                switches.window()
            switches.heads()
            switches.lsh_numbers()
            switches.shuffle()


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

    def _choose(
        self, label: str, options: list[str], key: str, now: str, put: Any, **more: Any
    ) -> None:
        options = options if now in options else [*options, now]
        st.selectbox(label, options, key=self._set(key, now), on_change=put, **more)

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

        st.segmented_control(
            "Shifted attention sees",
            ["chunk", "frame"],
            required=True,
            key=self._set("window", self.ablation.window or self.config.shifted_window),
            format_func={"chunk": "chunk", "frame": "whole frame"}.get,
            on_change=put,
        )

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

    def shuffle(self) -> None:
        mode, _, seed = self.ablation.order.partition("(")
        if mode != "shuffled":
            return

        def put() -> None:
            drawn = int(st.session_state.get("_sw_shuffle") or 0)
            self.write(replace(self.ablation, order=f"shuffled({drawn})"))

        st.number_input(
            "Shuffle seed",
            0,
            999_999_999,
            step=1,
            key=self._set("shuffle", int(seed.rstrip(")"))),
            on_change=put,
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
