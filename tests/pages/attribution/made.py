"""Checks and tables as the core gives them, made up for the tests of this page."""

from types import SimpleNamespace

import numpy as np

import sct
from pages.attribution import choices
from sct.attribution import Check, Curve


def check_of(passed):
    curve = Curve(np.linspace(0, 1, 3), np.array([1, 0.2, 0]), np.array([0, 0.9, 1]), 0.3, 0.7)
    luck = Curve(np.linspace(0, 1, 3), np.array([1, 0.5, 0]), np.array([0, 0.5, 1]), 0.5, 0.5)
    names = ("random", "motion", "randomised", "infidelity", "sensitivity")
    why = "its order is *no* better <b>than</b> chance."
    return Check(curve, luck, luck, 0.1, 0.6, 0.2, dict.fromkeys(names, passed), passed, why)


def first_choice(question, ablation="none"):
    loaded = SimpleNamespace(name=sct.list_models()[0], question=question)
    return choices.first_choice(SimpleNamespace(loaded=loaded, maps_ablation=ablation))


def page_text(at):
    return " ".join(m.value for m in at.main.markdown)


def fixed(passed):
    """A table as `python -m benchmarks.studies.attributions` makes it, of two methods."""

    def cell(mean):
        return {"mean": mean, "low": mean - 0.1, "high": mean + 0.1}

    def row(key, gain, passed):
        names = ("gain", "deletion", "insertion", "randomised", "infidelity", "sensitivity")
        verdicts = {"random": passed, "randomised": True, "infidelity": True, "sensitivity": True}
        cells = {name: cell(gain) for name in names}
        told = {"passed_clips": 3, "passed": passed, "verdicts": verdicts}
        return {"method": key, **cells, **told}

    luck = {"random_gain": cell(0.01), "motion_gain": cell(0.2)}
    methods = [row("occlusion", 0.5, True), row("frames", 0.1, passed)]
    return {"n": 17, "command": "python -m benchmarks.x", "methods": methods, **luck}
