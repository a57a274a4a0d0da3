"""Charts of the ablation lab: each is drawn as a Plotly figure, and by Matplotlib as PNG."""

from viz.plots.ablation.bars import Bars
from viz.plots.ablation.chart import GAINS, LOSES, Chart, signed
from viz.plots.ablation.heat import Heat
from viz.plots.ablation.intervals import Intervals

__all__ = ["GAINS", "LOSES", "Bars", "Chart", "Heat", "Intervals", "signed"]
