"""`python -m sct render`: files that open, and one line about what is wrong."""

import itertools

import av
import cv2
import numpy as np
import pytest
from click.testing import CliRunner

import sct
import sct.video.clip
import viz.cli.render
import viz.views
from sct.cli.main import cli
from sct.questions import asking
from viz.views import Look, Scene, render


def run(*args):
    return CliRunner().invoke(cli, ["render", *map(str, args)], prog_name="python -m sct")


def assert_refused(result, *words):
    assert result.exit_code == 2, result.output
    assert result.stdout == "" and len(result.stderr.splitlines()) == 1, result.stderr
    assert result.stderr.startswith("sct: error: ")
    for word in words:
        assert word in result.stderr


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    texture = np.random.default_rng(0).integers(0, 256, (8, 12, 3), np.uint8)
    texture = texture.repeat(8, axis=0).repeat(8, axis=1)
    path = tmp_path_factory.mktemp("clips") / "<b>sliding<br> & more.mp4"
    sct.video.clip.write_mp4(np.stack([np.roll(texture, 2 * t, axis=1) for t in range(12)]), path)
    return path


def test_the_command_knows_every_view():
    # It names them itself, because `--help` shall not wait for what draws them.
    assert viz.cli.render.VIEWS == viz.views.VIEWS


@pytest.mark.parametrize("view", ["attention", "motion", "buckets", "figure4"])
def test_an_mp4_that_browsers_play(view, clip, tmp_path):
    out = tmp_path / "out.mp4"
    result = run(clip, "--view", view, "-o", out, "--side", 160, "--fps", 5)
    assert result.exit_code == 0, result.output
    assert "8 frames" in result.stdout and result.stderr == ""
    data = out.read_bytes()
    assert data.find(b"moov") < data.find(b"mdat")
    with av.open(str(out)) as container:
        stream = container.streams.video[0]
        assert (stream.codec_context.name, stream.pix_fmt) == ("h264", "yuv420p")
        assert stream.average_rate == 5
        frames = [f.to_ndarray(format="rgb24") for f in container.decode(video=0)]
    assert len(frames) == 8 and frames[0].shape[1] >= 2 * 160
    assert any((a.astype(int) - b).std() > 1 for a, b in itertools.pairwise(frames))


def test_a_gif_a_picture_and_the_numbers(clip, tmp_path):
    out = tmp_path / "out.gif"
    assert run(clip, "--view", "attention", "-o", out, "--side", 160).exit_code == 0
    with av.open(str(out)) as container:
        assert len(list(container.decode(video=0))) == 8

    one, other = tmp_path / "one.png", tmp_path / "other.png"
    for path, frame in ((one, 2), (other, 5)):
        result = run(clip, "--view", "buckets", "-o", path, "--frame", frame, "--side", 160)
        assert result.exit_code == 0, result.output
    assert (cv2.imread(str(one)) != cv2.imread(str(other))).any()

    out = tmp_path / "out.npz"
    args = ("--view", "attention", "--stage", 2, "--head", 1, "--token", "2,5")
    assert run(clip, *args, "-o", out, "--ablate", "offsets=2").exit_code == 0
    model = asking(sct.load(device="cpu"), "camera")
    video = sct.read_clip(clip)
    ablation = sct.Ablation.parse("offsets=2")
    trace = model(sct.preprocess(video, 112), ablation, trace=True).trace
    want = render(Scene.of(video, trace, "x", 112), "attention", Look(2, 1, (2, 5))).numbers
    with np.load(out, allow_pickle=False) as found:
        np.testing.assert_allclose(found["previous"], want["previous"], atol=1e-5)
        assert found["previous_frame"].tolist() == [0, 0, 0, 1, 2, 3, 4, 5]
        assert clip.name in str(found["about"]) and "offsets=2" in str(found["about"])


def test_attributions_side_by_side(clip, tmp_path):
    out = tmp_path / "out.npz"
    asked = ("--view", "attribution", "--target", "pan left", "--against", 0)
    both = ("--method", "input-x-gradient", "--method", "rollout")
    result = run(clip, *asked, *both, "-o", out)
    assert result.exit_code == 0, result.output
    from sct.attribution import attribute

    model = asking(sct.load(device="cpu"), "camera")
    target = model.config.labels.index("pan left")
    frames = sct.preprocess(sct.read_clip(clip), 112)
    want = attribute(model, frames, "input-x-gradient", target, 0).values
    with np.load(out, allow_pickle=False) as found:
        assert (int(found["target"]), int(found["against"])) == (target, 0)
        names = str(found["target_label"]), str(found["against_label"])
        assert names == ("pan left", model.config.labels[0])
        np.testing.assert_allclose(found["input-x-gradient"], want, atol=1e-5)
        assert found["rollout"].sum() == pytest.approx(1, abs=1e-3)


def test_a_report(clip, tmp_path):
    out = tmp_path / "out.html"
    result = run(clip, "-o", out)
    assert result.exit_code == 0, result.output
    assert "report, 3." in result.stdout and result.stderr == ""
    page = out.read_text(encoding="utf-8")
    assert "<br>" not in page and "&lt;b&gt;sliding&lt;br&gt; &amp; more.mp4" in page
    assert str(tmp_path) not in page and str(clip.parent) not in page

    asked = ("--view", "buckets", "--stage", 2, "--token", "2,5", "--frame", 6)
    # A stage that is off is said in the report, and is an error only where it was asked for.
    ablate = ("--ablate", "shifted=on,off,on", "--overwrite")
    assert run(clip, "-o", out, *asked, *ablate).exit_code == 0
    page = out.read_text(encoding="utf-8")
    assert page.index('id="buckets"') < page.index('id="attention"')
    assert "Shifted MSA of stage 2 is off" in page
    before = out.read_bytes()
    assert_refused(run(clip, "-o", out, "--view", "motion", *ablate), "stage 2 is off")
    assert out.read_bytes() == before


def test_what_is_there_outlives_a_failure(clip, tmp_path, monkeypatch):
    out = tmp_path / "out.html"
    out.write_bytes(b"mine")
    assert_refused(run(clip, "-o", out), "--overwrite")
    none = tmp_path / "none.mp4"
    none.write_bytes(b"no video" * 50)
    assert_refused(run(none, "-o", out, "--overwrite"), "none.mp4")

    def full(descriptor):
        raise OSError(28, "No space left on device", str(out))

    monkeypatch.setattr("os.fsync", full)
    assert_refused(run(clip, "-o", out, "--overwrite"), "No space left on device")
    assert out.read_bytes() == b"mine" and len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize(
    ("view", "ablate", "says"),
    [
        ("attention", "shifted=off", "shifted MSA of stage 2 is off"),
        ("motion", "shifted=on,off,on", "shifted MSA of stage 2 is off"),
        ("buckets", "lsh=off", "LSH attention of stage 1 is off"),
        ("buckets", "lsh=full", "replaced by full attention"),
    ],
)
def test_an_ablated_stage_is_named(view, ablate, says, clip, tmp_path):
    out = tmp_path / "out.png"
    assert_refused(run(clip, "--view", view, "-o", out, "--ablate", ablate), says, ablate)
    assert not out.exists()


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("--view", "motion", "-o", "out.webm"), (".mp4", ".npz")),
        (("--view", "motion", "-o", "out"), ("must end in",)),
        (("--view", "motion", "-o", "nowhere/out.mp4"), ("no such folder",)),
        (("--view", "heat", "-o", "out.png"), ("heat", "figure4")),
        (("--view", "motion", "-o", "out.png", "--token", "1,1"), ("--token", "attention")),
        (("--view", "motion", "-o", "out.png", "--method", "saliency"), ("--method",)),
        (("--view", "attribution", "-o", "out.png", "--method", "magic"), ("magic", "occlusion")),
        (
            ("--view", "attribution", "-o", "out.png", "--method", "rollout") * 2,
            ("two different ones",),
        ),
        (("--view", "attribution", "-o", "out.png", "--target", "99"), ("99", "0 to 8")),
        (("--view", "attribution", "-o", "out.html"), (".html", ".mp4")),
        (("--view", "figure4", "-o", "out.png", "--stage", "1"), ("--stage",)),
        (("--view", "attention", "-o", "out.mp4", "--frame", "1"), ("--frame", ".png")),
        (("--view", "attention", "-o", "out.png", "--frame", "8"), ("frame 8", "0 to 7")),
        (("--view", "attention", "-o", "out.png", "--head", "9"), ("head 9", "0 to 3")),
        (("--view", "attention", "-o", "out.png", "--head", "x"), ("grounded or max",)),
        (("--view", "motion", "-o", "out.png", "--head", "max"), ("motion is read from",)),
        (("--view", "attention", "-o", "out.png", "--token", "7,0"), ("0 to 6",)),
        (("--view", "attention", "-o", "out.png", "--token", "a"), ("row,column",)),
        (("--view", "attention", "-o", "out.png", "--stage", "4"), ("stages 1 to 3",)),
        (("--view", "attention", "-o", "out.png", "--stage", "1", "--head", "grounded"),
         ("no grounded heads",)),
        (("--view", "motion", "-o", "out.png", "--stage", "1", "--head", "grounded"),
         ("no grounded heads",)),
        (("--view", "buckets", "-o", "out.png", "--head", "mean"), ("head by head",)),
        (("--view", "buckets", "-o", "out.png", "--round", "3"), ("round 3",)),
        (("--view", "motion", "-o", "out.png", "--opacity", "nan"), ("finite",)),
        (("--view", "motion", "-o", "out.png", "--arrows", "nan"), ("--arrows", "finite")),
        (("-o", "out.png"), (".png needs --view", "motion")),
        (("-o", "out.html", "--token", "1,1"), ("--token needs --view", "attention")),
        (("-o", "out.html", "--fps", "9"), ("--fps", "its player")),
        (("-o", "out.html", "--frame", "8"), ("frame 8", "0 to 7")),
        (("-o", "out.html", "--view", "buckets", "--stage", "4"), ("stages 1 to 3",)),
        (("-o", "out.html", "--view", "attention", "--head", "9"), ("head 9", "0 to 3")),
        (("-o", "out.html", "--model", "none"), ("no model named",)),
        (("-o", "out.html", "--ablate", "shifted=maybe"), ("shifted",)),
    ],
)  # fmt: skip
def test_bad_input_is_one_line(args, words, clip, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert_refused(run(clip, *args), *words)
    assert not list(tmp_path.iterdir())


def test_what_is_there_stays_unless_asked(clip, tmp_path):
    out = tmp_path / "out.png"
    out.write_bytes(b"mine")
    assert_refused(run(clip, "--view", "figure4", "-o", out), "--overwrite")
    assert out.read_bytes() == b"mine"
    assert run(clip, "--view", "figure4", "-o", out, "--overwrite").exit_code == 0
    assert cv2.imread(str(out)).shape[1] > 1500
    folder = tmp_path / "folder.png"
    folder.mkdir()
    assert_refused(run(clip, "--view", "figure4", "-o", folder, "--overwrite"), "folder")


def test_an_output_that_cannot_be_written(clip, tmp_path, monkeypatch):
    def full(files):
        raise OSError(28, "No space left on device", str(tmp_path / "out.png"))

    monkeypatch.setattr("sct.checkpoint.io.replace_files", full)
    out = tmp_path / "out.png"
    assert_refused(run(clip, "--view", "figure4", "-o", out), "No space left on device")
    assert not out.exists()


def test_a_clip_of_one_picture_and_one_that_is_none(tmp_path):
    still = tmp_path / "still.mp4"
    picture = np.random.default_rng(1).integers(0, 255, (64, 64, 3), np.uint8)
    sct.video.clip.write_mp4(picture[None], still)
    out = tmp_path / "out.npz"
    assert run(still, "--view", "motion", "-o", out).exit_code == 0
    with np.load(out) as found:
        assert not found["changed"].any() and not found["agreement"][:, 1].any()
    none = tmp_path / "none.mp4"
    none.write_bytes(b"no video" * 50)
    assert_refused(run(none, "--view", "motion", "-o", tmp_path / "x.mp4"), "none.mp4")
