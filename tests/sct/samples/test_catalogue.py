"""The samples: files that may be shipped, clips that open, texts that a stranger can read."""

import re

import av
import numpy as np
import pytest

from sct.samples.catalogue import FIRST, GROUPS, HERE, samples
from sct.synthetic.camera import LABELS
from sct.synthetic.clips import make_clip

REAL = [sample for sample in samples().values() if sample.group == "real"]
FOOL = [sample for sample in samples().values() if sample.group == "fool"]


def names(some):
    return [sample.name for sample in some]


def test_the_groups_follow_each_other_and_the_first_is_real():
    groups = [sample.group for sample in samples().values()]
    assert groups == sorted(groups, key=GROUPS.index) and set(groups) == set(GROUPS)
    assert samples()[FIRST].group == "real"
    assert [s.name for s in samples().values() if s.group == "made"] == list(LABELS)
    assert all(re.fullmatch(r"[a-z][a-z -]+", name) for name in samples())


@pytest.mark.parametrize("sample", samples().values(), ids=names(samples().values()))
def test_what_is_said_of_a_sample_is_whole_sentences(sample):
    assert sample.title and sample.seen.endswith(".") and sample.seen[0].isupper()
    assert not re.search(r"[<>*_`\[\]]", sample.seen)


@pytest.mark.parametrize("sample", REAL, ids=names(REAL))
def test_a_real_clip_is_small_silent_and_long_enough(sample):
    file = HERE / f"{sample.name}.mp4"
    assert file.stat().st_size < 300_000
    with av.open(str(file)) as video:
        assert [stream.type for stream in video.streams] == ["video"]
        assert video.streams.video[0].codec_context.name == "h264"
        assert video.streams.video[0].width == 320
    made, clip = sample.open()
    assert made is None and clip.truth == "camera static" and clip.from_file
    assert clip.frames.shape[0] == 8 and clip.distinct == 8 and clip.notices == ()
    assert (clip.start, clip.stride) == (sample.start, sample.stride)
    assert np.abs(np.diff(clip.frames.astype(int), axis=0)).mean() > 1  # something moves
    # It is found from the root of the repository, and says nothing of this machine.
    assert clip.path == f"sct/samples/{sample.name}.mp4"
    assert (HERE.parents[1] / clip.path).samefile(file)


@pytest.mark.parametrize("sample", REAL, ids=names(REAL))
def test_a_real_clip_says_whom_it_is_owed_to_here_and_beside_the_file(sample):
    credit, rows = sample.credit, dict(sample.open()[1].credit)
    assert rows == dict(credit.rows)
    for text in (credit.file, credit.project, credit.author, credit.url, credit.changes):
        assert text in rows["Source"]
    assert credit.licence in rows["Licence"] and credit.licence_url in rows["Licence"]
    assert credit.licence in {"CC0 1.0", "CC BY 4.0"} and sample.for_training
    note = (HERE / "SOURCES.md").read_text("utf-8")
    (line,) = [row for row in note.splitlines() if row.startswith(f"| `{sample.name}.mp4` |")]
    assert f"`{credit.file}`" in line and f"[{credit.licence}]({credit.licence_url})" in line
    assert credit.url in note


def test_no_file_lies_there_without_a_source():
    assert {file.stem for file in HERE.glob("*.mp4")} == set(names(REAL))


def test_a_made_sample_is_the_clip_of_its_label_and_scene():
    made, clip = samples()["zoom in"].open(3, 4, 64)
    same = make_clip("zoom in", 3, frames=4, size=64)
    assert clip.truth == made.label == "zoom in" and not clip.from_file
    assert np.array_equal(clip.frames, same.frames) and np.array_equal(made.source, same.source)


@pytest.mark.parametrize("sample", FOOL, ids=names(FOOL))
def test_of_a_sample_that_fools_the_camera_is_known_at_most(sample):
    made, clip = sample.open(8, 5, 48)
    turns = sample.name in ("barber pole", "wagon wheel")
    assert clip.truth == ("camera static" if turns else None)
    assert made is None and not clip.from_file and clip.credit == ()
    assert clip.frames.shape == (5, 48, 48, 3)
    again, other = sample.open(8, 5, 48)[1], sample.open(9, 5, 48)[1]
    assert clip.hash == again.hash != other.hash
    assert clip.name == f"{sample.name}, scene 8"
