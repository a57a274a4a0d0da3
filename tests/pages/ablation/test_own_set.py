"""An own set that is uploaded: named, judged against the question, measured, and left nowhere."""

import io
import re
import tempfile
import zipfile

import pytest

from pages.ablation import own_set
from sct import ablation_study
from sct.datasets import archive
from sct.model.ablation import Ablation
from sct.synthetic.clips import make_clip
from sct.video.clip import write_mp4
from tests.pages.conftest import fine

QUERY = {"analysis": "Over many clips", "data": "your own set", "compare": "The variants above"}
VARIANT = {"kept": "still~order=repeat-first"}


@pytest.fixture(scope="module")
def videos(tmp_path_factory):
    """{name in an archive: bytes} of clips whose labels the model knows."""
    folder, found = tmp_path_factory.mktemp("videos"), {}
    for label in ("pan left", "tilt up"):
        for i in range(2):
            path = folder / "clip.mp4"
            write_mp4(make_clip(label, 30 + i).as_clip().frames, path)
            found[f"{label}/{i}.mp4"] = path.read_bytes()
    return found


def packed(files):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        for name, data in files.items():
            made.writestr(zipfile.ZipInfo(name), data)  # of one date, so of one hash
    return out.getvalue()


def give(at, files, name="mine.zip"):
    data = files if isinstance(files, bytes) else packed(files)
    at.file_uploader(key="own_set").upload(name, data)
    return fine(at.run())


def said(at):
    return " ".join(m.value.replace("\\", "") for m in (*at.markdown, *at.caption, *at.error))


def run(at, key):
    at.button(key=key).click()
    return fine(at.run())


@pytest.fixture
def nowhere(tmp_path, monkeypatch):
    """Where temporary folders are made; asserts that none is left."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    yield tmp_path
    assert not list(tmp_path.glob("sct-set-*"))


def test_a_set_is_measured_by_its_name_as_the_core_measures_it(open_app, videos, nowhere):
    at = open_app("ablation", **QUERY, **VARIANT)
    assert not [b for b in at.button if b.key == "clips_run"]  # until there is one
    strange = {"dancing/1.mp4": b"1", "pan left/broken.mp4": b"rubbish", "empty/": b""}
    at = give(at, {**videos, **strange})
    assert "mine.zip: 6 clips of 3 classes" in said(at).replace("*", "")
    assert "The question camera does not know 1 of them, “dancing”: 1 clip is left out" in said(at)
    assert "“empty” (there is no clip in this folder)" in said(at)
    assert (
        at.button(key="clips_run")
        .label.replace("\\", "")
        .endswith("variants on 5 clips of your set “mine.zip”")
    )
    at = run(at, "clips_run")
    model = own_model()
    variants = [
        ablation_study.Variant("", Ablation.parse(t)) for t in ("none", "order=repeat-first")
    ]
    with archive.opened(io.BytesIO(packed(videos))) as found:
        want = ablation_study.compare(model, found.dataset, variants, 5).scores
    assert f"**{want[0].right} of 4 clips of your set “mine.zip”**" in said(at)
    assert re.search(r"Not counted, as unreadable: 1 file, “pan left/broken.mp4” \(", said(at))
    assert str(nowhere) not in said(at)
    command = at.code[-1].value
    assert "--data mine.zip" in command and "--split all" in command and "--limit 5" in command


def own_model():
    import sct
    from pages.cache import models

    return models.load(sct.list_models()[0]).model


def test_a_sweep_takes_the_set_and_what_was_measured_is_known_again(
    open_app, videos, nowhere, monkeypatch
):
    query = {**QUERY, "analysis": "Sweep", "swept": "Frames"}
    at = run(give(open_app("ablation", **query), videos), "sweep_run")
    assert re.search(
        r"most are right at \*\*.*\*\* \(\d of 4 clips of your set “mine.zip”\)", said(at)
    )

    def never(*_, **__):
        raise AssertionError("it is known by the hash of the archive")

    monkeypatch.setattr(ablation_study, "compare", never)
    again = give(open_app("ablation", **query), videos)
    assert "of 4 clips of your set “mine.zip”" in said(again)
    assert not [b for b in again.button if b.key == "sweep_run"]


def test_labels_are_judged_against_the_question_of_the_sidebar(open_app, videos):
    at = give(open_app("ablation", question="subject", **QUERY, **VARIANT), videos)
    assert "The question subject does not know 2 of them" in said(at)
    assert "Two labels or more must be among those of the question subject" in said(at)
    assert not [b for b in at.button if b.key == "clips_run"]


@pytest.mark.parametrize(
    ("files", "wanted"),
    [
        (b"no archive", "is no .zip, or is cut off"),
        ({"../a/1.mp4": b"", "b/1.mp4": b""}, "leads out of the archive"),
        ({"a/1.mp4": b"", "a/2.mp4": b""}, "clips of one class only"),
        ({"list.csv": b"path,label\n/etc/passwd,a\n", "1.mp4": b""}, "leads out of the archive"),
        ({}, "no videos in class folders"),
    ],
)
def test_what_is_wrong_with_a_set_is_a_sentence(open_app, nowhere, files, wanted):
    at = give(open_app("ablation", **QUERY), files, "<b>x $y$.zip")
    (error,) = at.error
    assert wanted in error.value.replace("\\", "")
    assert str(nowhere) not in error.value.replace("\\", "") and "<b>" not in error.value
    assert not [b for b in at.button if b.key == "clips_run"]
    assert at.get("plotly_chart")  # the rest of the page is there


def test_a_run_that_fails_leaves_nothing_behind(open_app, videos, nowhere, monkeypatch):
    def fails(*_, **__):
        assert list(nowhere.glob("sct-set-*"))
        raise ValueError(f"could not read {next(nowhere.glob('sct-set-*'))}/mine/x.mp4")

    at = give(open_app("ablation", **QUERY, kept="other~order=reversed"), videos)
    monkeypatch.setattr(ablation_study, "compare", fails)
    at = run(at, "clips_run")
    assert "Could not read mine/x.mp4" in said(at)


def test_few_reasons_are_named_and_the_others_counted():
    many = [(f"{i}.mp4", "it is <b>") for i in range(9)]
    assert own_set.reasons(many).endswith(" and 4 more") and "<b>" not in own_set.reasons(many)
