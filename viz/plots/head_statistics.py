"""Figures below the maps: where heads point, who follows motion, all frames and stages at once."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import plotly.graph_objects as go

from viz.colors import ABLATED, BASELINE, apply_scale
from viz.plots.base import GRID, MUTED, bars, chart
from viz.raster import canvas, overlay

_ROW = 28  # pixels of a head


def compass(offsets: np.ndarray, side: int = 168) -> np.ndarray:
    """Draw where one head looks from a patch, whose own place is the ring: uint8 (side, side, 3).

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
    """Share motion out over directions, by its length: float (bins,), sum 1, or all 0.

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
    """Draw which way things move, an outline for each of several readings: name -> (bins,)."""
    traces = [
        go.Barpolar(
            r=share,
            theta=np.arange(len(share)) * 360 / len(share),
            width=[360 / len(share)] * len(share),
            name=name,
            marker_color=colour,
            opacity=0.72,
            hovertemplate="%{r:.0%} of motion<extra>" + name + "</extra>",
        )
        for colour, (name, share) in zip((BASELINE, ABLATED), shares.items(), strict=False)
    ]
    ticks = {"tickvals": [0, 90, 180, 270], "ticktext": ["right", "up", "left", "down"]}
    layout = {
        "height": 320,
        "margin": {"l": 40, "r": 40, "t": 24, "b": 24},
        "legend": {"orientation": "h", "y": -0.16},
        "polar": {
            "radialaxis": {"showticklabels": False, "ticks": "", "gridcolor": GRID},
            "angularaxis": {**ticks, "gridcolor": GRID},
            "bgcolor": "rgba(0,0,0,0)",
        },
    }
    return go.Figure(traces, layout)


def ranking(rows: Sequence[dict]) -> go.Figure:
    """Draw heads by how they follow motion, the best on top.

    Args:
        rows: of `sct.analysis.head_motion.rank_heads`, those with a correlation.
    """
    names = [
        f"{_sign(r['grounded'])} stage {r['stage']}, head {r['head']}"
        + (f", block {r['block']}" if r["block"] else "")
        for r in rows
    ]
    values = [float(r["correlation"]) for r in rows]
    low = min([*values, 0])
    figure = chart(
        bars(
            values,
            names,
            [f"{v:+.2f}".replace("-", "−") for v in values],
            None,
            marker_color=[BASELINE if r["grounded"] else MUTED for r in rows],
            customdata=[[r["tokens"], r["moving"]] for r in rows],
            hovertemplate="%{y}: r = %{x:.2f}, %{customdata[0]} patches, "
            "%{customdata[1]} of them move<extra></extra>",
        ),
        x={"range": [low - 0.18 if low < 0 else -0.02, 1.18], "visible": False},
        y={"autorange": "reversed", "automargin": True},
        height=len(rows) * _ROW + 30,
        margin=(0, 8, 4, 4),
        bargap=0.3,
    )
    figure.add_vline(x=0, line={"width": 1, "color": MUTED})
    return figure


def _sign(grounded: bool) -> str:
    return "◆" if grounded else "○"


def overview(
    pictures: np.ndarray,
    lengths: dict[int, np.ndarray],
    grounded: Sequence[int] = (),
    side: int = 132,
) -> np.ndarray:
    """Draw all frames and stages: each frame under the length of motion that a stage reads.

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
    step, left, head = side + 6, 88, 34
    small = [overlay.enlarge(p, side) for p in pictures]
    sheet = canvas.sheet(left + len(small) * step + 6, head + len(lengths) * step + 8)
    for i in range(len(small)):
        x = left + i * step + side // 2
        canvas.write(sheet, x, 23, f"frame {i}", 14, 400, canvas.MUTED, side, "middle")
    for row, (stage, values) in enumerate(sorted(lengths.items())):
        y, name = head + row * step, f"{_sign(stage in grounded)} stage {stage}"
        canvas.write(sheet, 10, y + side // 2 + 5, name, 15, 600)
        for i, picture in enumerate(small):
            drawn = overlay.heat(picture, values[i], top)
            canvas.paste(sheet, left + i * step, y, drawn, 5)
    return sheet
