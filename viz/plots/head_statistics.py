"""Figures below the maps: where heads point, who follows motion, all frames and stages at once."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import plotly.graph_objects as go

from viz.colors import ABLATED, BASELINE, apply_scale
from viz.plots.base import MUTED
from viz.raster import canvas, overlay

_ROW = 28  # pixels of a head
_GRID = "rgba(128,128,128,.25)"


def compass(offsets: np.ndarray, side: int = 168) -> np.ndarray:
    """Where one head looks from a patch, uint8 (side, side, 3): the patch's own place is the ring.

    Args:
        offsets: float (n, n), n odd, the share of attention at each (row, column) offset.
    """
    n = offsets.shape[0]
    if offsets.shape != (n, n) or n % 2 == 0:
        raise ValueError(f"offsets of shape {offsets.shape}: needs (n, n), n odd")
    # Far offsets hold little each; the root lets them be seen beside the near ones.
    colours = apply_scale(np.sqrt(offsets), float(np.sqrt(max(offsets.max(), 2 / n**2))))
    picture = cv2.resize(colours, (side, side), interpolation=cv2.INTER_NEAREST)
    middle, radius = side / 2, side / n * 0.62
    points = [
        (middle + radius * np.cos(a), middle + radius * np.sin(a))
        for a in np.linspace(0, 2 * np.pi, 40)
    ]
    canvas.line(picture, points, (0, 0, 0), 3, 0.6)
    canvas.line(picture, points, canvas.INK, 1)
    return picture


def directions(moved: np.ndarray, where: np.ndarray, bins: int = 16) -> np.ndarray:
    """Share of motion in each direction, weighted by its length: float (bins,), sum 1, or all 0.

    Args:
        moved: (..., 2) as (d_row, d_col). where: bool (...), which count.

    Bin 0 is centred on "to the right"; they go on counter-clockwise, as seen.
    """
    rows, columns = moved[where][:, 0], moved[where][:, 1]
    length = np.hypot(rows, columns)
    turn = np.arctan2(-rows, columns) / (2 * np.pi) * bins
    found = np.bincount(np.round(turn).astype(int) % bins, length, bins)
    total = found.sum()
    return found / total if total > 0 else found


def rose(shares: dict[str, np.ndarray]) -> go.Figure:
    """Which way things move, one outline for each of several readings of it: name -> (bins,)."""
    figure = go.Figure()
    for colour, (name, share) in zip((BASELINE, ABLATED), shares.items(), strict=False):
        bins = len(share)
        figure.add_barpolar(
            r=share,
            theta=np.arange(bins) * 360 / bins,
            width=[360 / bins] * bins,
            name=name,
            marker_color=colour,
            opacity=0.72,
            hovertemplate="%{r:.0%} of motion<extra>" + name + "</extra>",
        )
    figure.update_layout(
        height=320,
        margin={"l": 40, "r": 40, "t": 24, "b": 24},
        legend={"orientation": "h", "y": -0.16},
        polar={
            "radialaxis": {
                "showticklabels": False,
                "ticks": "",
                "gridcolor": _GRID,
            },
            "angularaxis": {
                "tickvals": [0, 90, 180, 270],
                "ticktext": ["right", "up", "left", "down"],
                "gridcolor": _GRID,
            },
            "bgcolor": "rgba(0,0,0,0)",
        },
    )
    return figure


def ranking(rows: Sequence[dict]) -> go.Figure:
    """Heads by how they follow motion, the best on top.

    Args:
        rows: of `sct.analysis.head_motion.following`, those with a correlation.
    """
    names = [
        f"{'◆' if r['grounded'] else '○'} stage {r['stage']}, head {r['head']}"
        + (f", block {r['block']}" if r["block"] else "")
        for r in rows
    ]
    values = [float(r["correlation"]) for r in rows]
    figure = go.Figure(
        go.Bar(
            x=values,
            y=names,
            orientation="h",
            text=[f"{v:+.2f}".replace("-", "−") for v in values],
            textposition="outside",
            cliponaxis=False,
            marker_color=[BASELINE if r["grounded"] else MUTED for r in rows],
            customdata=[[r["tokens"], r["moving"]] for r in rows],
            hovertemplate="%{y}: r = %{x:.2f}, %{customdata[0]} patches, "
            "%{customdata[1]} of them move<extra></extra>",
        )
    )
    low = min([*values, 0])
    figure.update_xaxes(
        range=[low - 0.18 if low < 0 else -0.02, 1.18], fixedrange=True, visible=False
    )
    figure.add_vline(x=0, line={"width": 1, "color": MUTED})
    figure.update_yaxes(autorange="reversed", fixedrange=True, automargin=True, title=None)
    figure.update_layout(
        height=len(rows) * _ROW + 30, margin={"l": 0, "r": 8, "t": 4, "b": 4}, bargap=0.3
    )
    return figure


def _kind(stage: int, grounded: Sequence[int]) -> str:
    return f"{'◆' if stage in grounded else '○'} stage"


def overview(
    pictures: np.ndarray,
    lengths: dict[int, np.ndarray],
    grounded: Sequence[int] = (),
    side: int = 132,
) -> np.ndarray:
    """All frames and stages at once: each frame under the length of motion that a stage reads.

    Args:
        pictures: uint8 (frame, S, S, 3).
        lengths: stage -> float (frame, grid, grid), in pixels; one scale for all.
        grounded: stages whose heads were trained to follow motion; where there are some they set
            the scale, which a map that follows nothing would else fill.

    Returns:
        uint8 (H, W, 3), a row for each stage, a column for each frame.
    """
    sets = [a for stage, a in lengths.items() if stage in grounded] or list(lengths.values())
    top = max([float(np.percentile(a, 99)) for a in sets] + [1.0])  # less than a pixel is faint
    gap, left, count = 6, 88, len(pictures)
    small = [overlay.enlarge(p, side) for p in pictures]
    width = left + count * (side + gap) - gap + 12
    sheet = canvas.sheet(width, 34 + len(lengths) * (side + gap) + 8)
    for i in range(count):
        x = left + i * (side + gap)
        canvas.write(sheet, x + side // 2, 23, f"frame {i}", 14, 400, canvas.MUTED, side, "middle")
    for row, (stage, values) in enumerate(sorted(lengths.items())):
        y = 34 + row * (side + gap)
        canvas.write(sheet, 10, y + side // 2 + 5, f"{_kind(stage, grounded)} {stage}", 15, 600)
        for i in range(count):
            x = left + i * (side + gap)
            canvas.paste(sheet, x, y, overlay.heat(small[i], values[i], top), 5)
    return sheet
