"""The architecture on the Model page: the diagram, what each part costs, sizes beside the paper."""

from __future__ import annotations

import streamlit as st

from pages.cache import checkpoints
from pages.model import timing
from pages.shell import headings
from pages.state import url_widgets
from pages.widgets.figures import chart
from pages.widgets.markdown import sentence
from sct.model.config import SIZES, SCTConfig
from sct.profiling.layers import LayerCost, layer_costs
from sct.profiling.paper import TABLE_4
from viz.components import diagram
from viz.html import model as model_html
from viz.plots import frontier

_LOADED = "loaded"


def architecture() -> None:
    """Draw the diagram of one architecture, its parts in numbers, and their time on request."""
    name, config = _selected()
    found = layer_costs(config)
    _totals(config, found)
    seconds = timing.measured(config)
    diagram.mount(
        diagram.diagram_data(config, notes=model_html.notes(found, seconds)), key="architecture"
    )
    st.header("What each part costs")
    timing.draw(name, config, found)
    st.html(model_html.costs(found, seconds))
    st.caption(
        "Bars compare parts within a column. Multiply-adds: blue, those of Linear and Conv layers, "
        "which the paper counts; orange, those of attention itself, which it does not."
    )
    headings.definition("model")


def _selected() -> tuple[str, SCTConfig]:
    """Draw a choice of architectures: the selected checkpoint's and the named sizes."""
    checkpoint, card, problem = checkpoints.selected_card()
    if problem:
        st.error(f"{sentence(problem)}. The named sizes can be looked at.", icon=":material/error:")
    names = [*([_LOADED] if card else []), *SIZES]
    size = url_widgets.segments("Architecture of", names, "size", names[0])
    if card and size == _LOADED:
        return checkpoint, checkpoints.config_of(card)
    return size, SIZES[size]


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


def sizes() -> None:
    """Draw the named sizes and the selected checkpoint beside the paper's table 4."""
    rows = [_row(size, config) for size, config in SIZES.items()]
    checkpoint, card, _ = checkpoints.selected_card()
    if card:
        row = _row("", checkpoints.config_of(card))
        rows.insert(0, {**row, "name": f"{checkpoint} (loaded)"})
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
    chart(
        frontier.frontier(points),
        "frontier",
        "Top-1 on Kinetics-400 over multiply-adds: the paper’s SCT-S, M and L lie above and "
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
