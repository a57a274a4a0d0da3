import csv
import io
import json

import pytest
from click.testing import CliRunner, Result
from PIL import Image

import sct
import sct.video.clip
from sct.ablation_study import list_sites, patch_sites, reversed_clip
from sct.ablation_study.patching import Source
from sct.cli.main import cli
from sct.sites import Site
from sct.synthetic import clips

SITES = "1.shifted,2.vilt.2,3.stage@7"


def run(*args: object) -> Result:
    arguments = ["patch", *map(str, args), "--model", "sct-motion", "--device", "cpu"]
    return CliRunner().invoke(cli, arguments, prog_name="python -m sct")


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """A made pan to the left and a tilt, as files."""
    folder = tmp_path_factory.mktemp("clips")
    for name in ("pan left", "tilt up"):
        made = clips.make_batch([name], 5, 8, 112).to_clip(0)
        sct.video.clip.write_mp4(made.frames, folder / f"{name}.mp4", fps=10)
    return folder / "pan left.mp4", folder / "tilt up.mp4"


@pytest.fixture(scope="module")
def model():
    return sct.load("sct-motion", device="cpu").eval()


@pytest.fixture(scope="module")
def frames(files, model):
    return [sct.preprocess(sct.read_clip(f), model.config.image_size) for f in files]


def test_the_clip_backwards_is_what_the_library_finds(files, model, frames):
    result = run(files[0], "--sites", SITES, "--json")
    assert result.exit_code == 0 and result.stderr == ""
    said = json.loads(result.stdout)
    sites = [Site.parse(text) for text in SITES.split(",")]
    found = patch_sites(model, frames[0], reversed_clip(frames[0]), sites)
    assert said["sites"] == found.table(model.config)
    assert (said["target"], said["against"]) == ("pan left", "pan right")
    assert said["answer"] == "pan left" and said["source_answer"] == "pan right"
    assert said["from"] == {"reversed": True, "match": "picture"} and said["seeds"] == [0]
    assert said["in_clip"] == {"log_odds": found.clip[0, 0], "difference": found.clip[0, 1]}


def test_another_video_over_seeds_as_csv(files, model, frames):
    result = run(files[0], "--from", files[1], "--sites", "1.lsh", "--seeds", 2, "--csv",
                 "--target", "pan left", "--against", "static")  # fmt: skip
    (row,) = csv.DictReader(io.StringIO(result.stdout))
    found = patch_sites(
        model, frames[0], Source(frames[1]), [Site(1, "lsh")], "pan left", "static", seeds=(0, 1)
    )
    assert row["site"] == "1.lsh" and row["seeds"] == "2" and row["head"] == ""
    assert float(row["difference_change"]) == pytest.approx(found.difference.mean())
    assert float(row["difference_change_sd"]) == pytest.approx(found.difference.std(ddof=1))


def test_the_grids_as_tables(files, model, frames):
    lines = run(files[0], "--match", "place").stdout.splitlines()
    assert lines[0].endswith("patched from itself reversed, matched by place")
    assert lines[2].startswith("asked about: pan left, against pan right: log-odds difference +")
    assert lines[4].split()[3:] == ["all", *(w for h in range(6) for w in ("head", str(h)))]
    assert [line.split()[0] for line in lines[5:17]] == list(
        map(str, list_sites(model.config, "parts"))
    )
    source = reversed_clip(frames[0], same_picture=False)
    found = patch_sites(model, frames[0], source, [Site(1, "shifted", 5)])
    assert lines[7].split()[-1] == f"{found.difference[0, 0]:+.2f}"
    stage = next(i for i, heads in enumerate(model.config.grounded_heads, 1) if heads)
    head = f"{stage}.shifted.{model.config.grounded_heads[stage - 1][0]}"
    assert f"\n{head} grounded  " in run(files[0], "--sites", head).stdout
    lines = run(files[0], "--grid", "frames", "--ablate", "lsh=off").stdout.splitlines()
    assert lines[4].split()[3:] == [w for f in range(8) for w in ("frame", str(f))]
    assert len([line for line in lines if line.startswith("1.lsh")]) == 0


def test_where_nothing_differs_the_recovery_is_left_out_in_words(files):
    lines = run(files[0], "--from", files[0], "--sites", "1.shifted").stdout
    assert "  0.00      0.00         -  pan left" in lines
    assert "hardly differ in this" in lines


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (("--sites", "4.lsh"), "site stage=4: must be a whole number from 1 to 3"),
        (("--sites", "1.lsh.9"), "site head=9: must be a whole number from 0 to 2"),
        (("--sites", "1.lsh@8"), "site frame=8"),
        (("--sites", "x"), "STAGE.PART[.HEAD][@FRAME]"),
        (("--from", "nowhere.mp4"), "nowhere.mp4"),
        (("--from", "reversed", "--from-start", "1"), "--from-start is for a file"),
        (("--from", "x.mp4", "--match", "place"), "--match is for --from reversed"),
        (("--target", "up"), "up"),
        (("--target", "static", "--against", "static"), "name one class"),
        (("--against", "pan left"), "another class"),
        (("--json", "--csv"), "exclude each other"),
        (("--seeds", "33"), "1<=x<=32"),
        (("--seeds", "2", "--ablate", "seed=3"), "exclude each other"),
        (("--sites", "1.shifted,1.lsh", "--ablate", "lsh=off"), "1.lsh: this part is off"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(files, args, says):
    result = run(files[0], *args)
    assert result.exit_code == 2 and result.stdout == ""
    (line,) = result.stderr.splitlines()
    assert says in line


def test_the_rate_is_of_the_one_that_is_a_folder_of_pictures(files, tmp_path):
    folder = tmp_path / "frames"
    folder.mkdir()
    for i, picture in enumerate(sct.read_clip(files[1]).frames):
        Image.fromarray(picture).save(folder / f"img_{i + 1:05d}.png")
    asked = ("--sites", "1.shifted", "--fps", 10, "--json")
    for clip, source in ((files[0], folder), (folder, files[0])):
        result = run(clip, "--from", source, *asked)
        assert result.exit_code == 0, result.stderr
        said = json.loads(result.stdout)
        assert said["from"]["fps"] == pytest.approx(10) == said["clip"]["fps"]
    assert "a rate (fps) is for a folder" in run(files[0], "--from", files[1], *asked).stderr
