"""The architecture on the Model page: the diagram, what each part costs, sizes beside the paper."""

from __future__ import annotations

import threading
from collections.abc import Mapping

import streamlit as st

from pages.cache import checkpoints
from pages.state import url_widgets
from pages.widgets.markdown import sentence
from sct.model.config import SIZES, SCTConfig
from sct.profiling.layers import LayerCost, layer_costs
from sct.profiling.paper import TABLE_4
from viz.components import diagram
from viz.html import model as model_html
from viz.plots import frontier

_LOADED, _TIMES, _ASKED = "loaded", "_part_times", "_time_asked"
_PATIENCE = 40  # half seconds
_SHOWN = "shown"  # asked for: what is on the screen
_QUICK = 5e9  # multiply-adds up to which each part is timed five times


def architecture() -> None:
    """The diagram of one architecture, its parts in numbers, and their time on request."""
    name, config = _chosen()
    found = layer_costs(config)
    _totals(config, found)
    seconds = st.session_state.get(_TIMES, {}).get(config)
    diagram.mount(
        diagram.diagram_data(config, notes=model_html.notes(found, seconds)), key="architecture"
    )
    st.header("What each part costs")
    seconds = _measured(name, config, found) or seconds
    st.html(model_html.costs(found, seconds))
    st.caption(
        "Bars compare parts within a column. Multiply-adds: blue, those of Linear and Conv layers, "
        "which the paper counts; orange, those of attention itself, which it does not."
    )
    with st.expander("Exact definition", icon=":material/function:"):
        st.markdown(_DEFINITION)


def _chosen() -> tuple[str, SCTConfig]:
    """The name of an architecture and its config: the loaded checkpoint's or a named size's."""
    mine, card, problem = checkpoints.mine()
    if problem:
        st.error(f"{sentence(problem)}. The named sizes can be looked at.", icon=":material/error:")
    names = [*([_LOADED] if card else []), *SIZES]
    size = url_widgets.segments("Architecture of", names, "size", names[0])
    return (mine, checkpoints.config_of(card)) if card and size == _LOADED else (size, SIZES[size])


def _totals(config: SCTConfig, found: tuple[LayerCost, ...]) -> None:
    side = config.image_size
    with st.grid(4, min_column_width=150):
        st.metric("Parameters", f"{sum(p.parameters for p in found) / 1e6:.2f} M")
        st.metric(
            "Multiply-adds",
            f"{sum(p.macs for p in found) / 1e9:.2f} G",
            help="Of Linear and Conv layers for one clip, as the paper counts them.",
        )
        st.metric(
            "Attention’s own",
            f"{sum(p.attention_macs for p in found) / 1e9:.2f} G",
            help="Multiply-adds of scores, weighted sums and hashing, which the paper leaves out.",
        )
        st.metric(
            "One clip",
            f"{config.frames} × {side} × {side}",
            help=f"Frames and pixels; {config.num_classes} classes.",
        )


def _measured(
    name: str, config: SCTConfig, found: tuple[LayerCost, ...]
) -> Mapping[str, float] | None:
    """A button that measures the time of each part here; what it found, once it has."""
    known: dict[SCTConfig, dict[str, float]] = st.session_state.setdefault(_TIMES, {})
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.button(
            "Measure again" if config in known else "Measure time on this device",
            key="measure",
            icon=":material/timer:",
            help="Runs each part by itself on the server, in the order of the forward pass.",
            # Not which: a click during a run is answered by what the run before it had drawn.
            on_click=lambda: st.session_state.update({_ASKED: _SHOWN}),
        )
        place = st.empty()
    # Asked for until it is there or cancelled: a browser may have the page run again meanwhile.
    if st.session_state.get(_ASKED) == _SHOWN:
        st.session_state[_ASKED] = config
    if st.session_state.get(_ASKED) == config:
        times = _time(name, config, found, place)
        _forget()
        if times is not None:
            known.pop(config, None)
            while len(known) >= 8:
                known.pop(next(iter(known)))
            known[config] = times
            st.rerun()  # the diagram above has its times, too
    if config not in known:
        return None
    alone = sum(known[config][p.key] for p in found)
    place.caption(
        f"One clip takes {model_html.milliseconds(known[config]['whole'])}; its parts, each by "
        f"itself, add up to {model_html.milliseconds(alone)}. The fastest of {_runs(found)} runs."
    )
    return known[config]


def _forget() -> None:
    st.session_state.pop(_ASKED, None)


def _runs(found: tuple[LayerCost, ...]) -> int:
    return 5 if sum(p.macs for p in found) <= _QUICK else 2


def _time(
    name: str, config: SCTConfig, found: tuple[LayerCost, ...], place
) -> dict[str, float] | None:
    """Seconds by part; None where it cannot be measured now, which is then said."""
    import torch

    from pages.cache.inference import load
    from sct.checkpoint.io import pick_device
    from sct.kernels.allocator import out_of_memory
    from sct.model.sct import SCT
    from sct.profiling.layers import times

    box = place.container(horizontal=True, vertical_alignment="center", gap="small")
    bar = box.progress(0.0, "Making the model …", width=320)
    box.button("Cancel", key="measure_cancel", on_click=_forget)
    lock = _turn()
    # A run that was cancelled goes on to the end of the part that it is at.
    for _ in range(_PATIENCE):
        if lock.acquire(timeout=0.5):
            break
        bar.progress(0.0, "Waiting for another measurement to end …", width=320)
    else:
        place.info("Somebody else measures right now, and two would slow each other down.")
        return None
    try:
        device = pick_device("auto")
        if name in SIZES:  # untrained weights take as long as any
            with torch.device(device):
                model = SCT(config).eval()
        else:
            model = load(name).model
        frames = torch.randn(1, config.frames, 3, config.image_size, config.image_size)
        names = [*(p.name for p in found), "The whole pass", "Done"]

        def progress(done: int, total: int) -> None:
            bar.progress(done / total, names[done * (len(found) + 1) // total])

        return times(model, frames.to(device), _runs(found), progress)
    except (RuntimeError, MemoryError) as error:
        if not out_of_memory(error):
            raise
        place.error("There is not enough memory here to measure this size.")
        return None
    finally:
        lock.release()


@st.cache_resource(show_spinner=False)
def _turn() -> threading.Lock:
    """One measurement at a time on this server."""
    return threading.Lock()


def sizes() -> None:
    """The named sizes and the loaded checkpoint beside the paper's table 4."""
    rows = [_row(size, config) for size, config in SIZES.items()]
    mine, card, _ = checkpoints.mine()
    if card:
        rows.insert(0, {**_row("", checkpoints.config_of(card)), "name": f"{mine} (loaded)"})
    for row in TABLE_4:
        if not row.size:
            known = {"paper_params": row.params, "paper_gmacs": row.gmacs, "top1": row.top1}
            rows.append(
                {"name": row.name, "clip": "24 × 224 × 224, 400 classes", "params": None}
                | {"gmacs": None, **known}
            )
    st.header("Beside the paper’s table 4")
    st.html(model_html.sizes(rows, strong=[0] if card else []))
    st.caption(
        "Our figures come from the configs, the paper’s and its accuracies from table 4 of Zha et "
        "al. (2021), for 24 frames of 224 × 224 and 400 classes; the percentage says how far ours "
        "is from the paper’s. The paper gives sizes and not widths: ours are reconstructed. "
        "Nothing here was trained on Kinetics. On the command line: `python -m sct sizes`."
    )
    st.header("What the paper found")
    points = [(row.name, row.params, row.gmacs, row.top1) for row in TABLE_4]
    st.plotly_chart(
        frontier.frontier(points),
        key="frontier",
        config={"displayModeBar": False},
        alt="Top-1 on Kinetics-400 over multiply-adds: the paper’s SCT-S, M and L lie above and "
        "left of ViT-B/16 and ViT-L/16",
    )
    st.caption("The paper’s own figures: higher is better, farther left is cheaper; area is size.")


def _row(size: str, config: SCTConfig) -> dict[str, object]:
    found, side = layer_costs(config), config.image_size
    paper = next((row for row in TABLE_4 if row.size and row.size == size), None)
    return {
        "name": size,
        "clip": f"{config.frames} × {side} × {side}, {config.num_classes} classes",
        "params": sum(p.parameters for p in found) / 1e6,
        "gmacs": sum(p.macs for p in found) / 1e9,
        "paper_params": paper and paper.params,
        "paper_gmacs": paper and paper.gmacs,
        "top1": paper and paper.top1,
    }


_DEFINITION = r"""
**Shapes** are those of one clip: frame × row × column × channel. **Parameters** are all numbers
that training sets. With $n$ tokens of width $d$ and a feed-forward $r$ times as wide, the
**multiply-adds** are

| part | Linear and Conv layers | attention itself |
|---|---|---|
| patch embedding, patches of $p \times p$ pixels | $n\, 3 p^2 d$ | – |
| a ViLT block, in chunks of $c$ tokens | $n\,(4 + 2r)\,d^2$ | $2\, n\, c\, d$ |
| LSH attention, $h$ rounds, $m$ pieces of $b$ | $3 n d^2$ | $h n (4b + \lceil m/2 \rceil) d$ |
| pooling, $2 \times 2$ tokens to one of width $d'$ | $\tfrac{n}{4}\, 4 d\, d'$ | – |
| shifted MSA, two maps over a window of $c$ | $n\,(4 + 2r)\,d^2$ | $4\, n\, c\, d$ |
| clip encoder, a layer over $T + 1$ tokens | $(T+1)(4 + 2r)\,d^2$ | $2\,(T+1)^2 d$ |
| head, $K$ classes | $\tfrac{d^2}{2} + \tfrac{d}{2} K$ | – |

A patch sees its piece and the one before it, hence $4b$; where a frame is one piece nothing is
hashed and it is $2b$. **Time** is that of the part by itself on this server, the least of its
runs, from what the parts before it gave, all cores at work; a part alone takes a little longer
than within the whole pass, where what it needs is still in the processor's cache.

**Source.** `sct/profiling/layers.py`, tested against the layers themselves; Zha et al., NeurIPS
2021, table 4, counts multiply-adds of Linear and Conv layers as we do.
"""
