"""Cells of labels: kept with the signs that letters need, refused with those that hide."""

import pytest

from sct.datasets.dataset import open_dataset
from sct.errors import DataError
from tests.sct.datasets.written import opened


@pytest.mark.parametrize(
    "label",
    [
        "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
        "\u0915\u094d\u200d\u0937",
        "\U0001f468\u200d\U0001f467",
        "\u2764\ufe0f",
        "\u2764\ufe0f\u200d\U0001f525",
        "1\ufe0f\u20e3",
    ],
    ids=["Persian", "Hindi", "emoji", "heart", "heart on fire", "keycap"],
)
def test_labels_that_need_joiners_are_kept(tmp_path, label):
    assert opened(tmp_path, f"path,label\nc0.mp4,{label}\nc1.mp4,b\n").counts == {"b": 1, label: 1}
    for name in (label, "b"):
        (tmp_path / "f" / name).mkdir(parents=True)
        (tmp_path / "f" / name / "1.mp4").touch()
    assert open_dataset(tmp_path / "f").counts == {"b": 1, label: 1}


@pytest.mark.parametrize(
    "label",
    [
        *("x\u200b", "x\u200d", "a\u200cb", "\u202eabc", "\u0645\u200c\u200c", "x\ufe0f", "\u3164"),
        *(
            "a\u034fb",
            "a\u2800b",
            "\u115fa",
            "\u17b4a",
            "x\u1160",
            "x\U000e0100",
            "\ufe0f",
            "x\u180e",
        ),
        *("\u6f22\ufe00", "x\u00ad", "x\u2060", "x\uffa0"),
    ],
)
def test_labels_that_look_like_others_are_refused(tmp_path, label):
    with pytest.raises(DataError, match=r"Row 2 .*characters that cannot be shown"):
        opened(tmp_path, f"path,label\nc0.mp4,{label}\nc1.mp4,b\n")


LONG = f"[{'9' * 5000}]"
STRUCTURES = """[{"ranges":[{"start":1}],"timelinelabels":["a"]}]|{"choices":["a","b"]}|["a"]|
['a', 'b']|{}|[]|[1]|(1, 2)|{'label': 'a'}|[0, 1, 0]|{choices: [a]}|[a, b]|{"a"}"""


@pytest.mark.parametrize("label", [*STRUCTURES.replace("\n", "").split("|"), LONG])
def test_json_in_place_of_a_label_is_refused(tmp_path, label):
    cell = label.replace('"', '""')
    with pytest.raises(DataError, match=r"Row 3 .* is JSON .* a column of its own for each clip"):
        opened(tmp_path, f'path,label\nc0.mp4,b\nc1.mp4,"{cell}"\n')


@pytest.mark.parametrize("label", ["[unknown]", "(none)", "a [b]", "{x}", "(high) jump", "Put [x]"])
def test_labels_in_brackets_are_labels(tmp_path, label):
    assert label in opened(tmp_path, f"path,label\nc0.mp4,!\nc1.mp4,{label}\n").labels
