import numpy as np
import pytest

import sct.attribution as core
from pages.cache import attributions
from pages.cache import verdicts as verdict_cache
from sct.attribution import Attribution
from tests.pages.attribution.made import fixed


@pytest.fixture
def quick(monkeypatch):
    """Maps that take no time; each call is noted."""
    calls = []

    def make(model, frames, method, target, against, **more):
        calls.append((method, target, against))
        more["progress"](1, 2)
        values = np.zeros((8, 28, 28), np.float32)
        values[5, 3, 4] = len(method)
        facts = {"passes": 2, "seconds": 0.1, "completeness_error": 0.004}
        return Attribution(method, target, against, "none", values, values.sum((1, 2)), facts)

    monkeypatch.setattr(core, "attribute", make)
    attributions._cache.clear()
    yield calls
    attributions._cache.clear()


@pytest.fixture
def measured(monkeypatch):
    """A table of four methods, of which two are fast ones; a test may change it before a visit."""
    table = fixed(True)
    for key, gain, passed in (("rollout", 0.05, False), ("grad-cam", 0.3, True)):
        row = {**table["methods"][0], "method": key, "passed": passed}
        table["methods"].append({**row, "gain": {"mean": gain, "low": gain, "high": gain}})
    monkeypatch.setattr(core, "measured", lambda name, question: table)
    verdict_cache.fixed_set.clear()
    yield table
    verdict_cache.fixed_set.clear()
