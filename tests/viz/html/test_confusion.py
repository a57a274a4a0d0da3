"""One confusion matrix, as text of a page and as a picture."""

import re

import numpy as np
import pytest

from viz.html.confusion import confusion
from viz.text.confusion import shown

LABELS = ("<b>a</b>", "b", "never", "c" * 60)
COUNTS = np.array([[3, 1, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 2]])


def test_what_never_happened_is_left_out_and_long_labels_are_cut():
    found = shown(LABELS, COUNTS.tolist())
    assert found.rows.tolist() == [0, 3] and found.columns.tolist() == [0, 1, 3]
    assert found.counts.tolist() == [[3, 1, 0], [0, 0, 2]]
    assert found.shares[0].tolist() == pytest.approx([0.75, 0.25, 0])
    assert found.names[3] == "c" * 39 + "…"


def test_the_table_counts_clips_blue_where_right_and_orange_where_wrong():
    text = confusion(LABELS, COUNTS)
    assert "<b>a" not in text and "&lt;b&gt;a" in text
    assert re.findall(r'scope="col" title="[^"]*">(\d)<', text) == ["1", "2", "4"]
    cells = re.findall(r'srgb,(#\w+) (\d+)%,transparent\)"><span class="(.)">(\d)<', text)
    assert cells == [
        ("#2F7FC1", "63", "v", "3"),
        ("#D9622B", "44", "n", "1"),
        ("#2F7FC1", "70", "v", "2"),
    ]
    assert confusion(LABELS, COUNTS, most=3) is None and confusion(LABELS, None) is None
