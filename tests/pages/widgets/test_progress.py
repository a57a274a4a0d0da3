import time

import pytest

from pages.widgets import progress
from pages.widgets.progress import time_left


@pytest.mark.parametrize(
    ("done", "spent", "said"),
    [
        (2, 60.0, ""),  # nothing is done since
        (3, 0.5, ""),  # too soon to tell
        (4, 10.0, " · 30 s left"),
        (9, 6.3, ""),  # a last moment
        (10, 40.0, ""),
        (3, 60.0, " · 7 min left"),
    ],
)
def test_what_is_left_is_told_by_the_pace_so_far(done, spent, said):
    assert time_left(done, 10, 2, time.monotonic() - spent) == said


@pytest.mark.parametrize(
    ("most", "said"), [(False, "Map · 10 s left"), (True, "Map · at most 10 s left")]
)
def test_what_may_end_early_takes_at_most_so_long(most, said, monkeypatch):
    texts, clock = [], [0.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(progress, "st", _Bars(texts))
    with progress.running(_Bars(texts), "key", lambda: None) as told:
        move = told("Map", most=most)
        move(0, 20)
        clock[0] = 10.0
        move(10, 20)
    assert texts[-1] == said


class _Bars:
    """A place, a button and a bar in one, which notes what the bar says."""

    def __init__(self, texts):
        self.texts = texts

    def __enter__(self):
        return self

    def __exit__(self, *wrong):
        pass

    def container(self, **how):
        return self

    def button(self, *given, **how):
        pass

    def empty(self):
        pass

    def progress(self, share, text, **how):
        self.texts.append(text)
        return self
