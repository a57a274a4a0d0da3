import json

import pytest
from click.testing import CliRunner, Result

import sct
import sct.video.clip
from sct import ablation_study
from sct.cli.main import cli
from sct.errors import OutOfMemory
from sct.synthetic import clips


def run(*args: object) -> Result:
    arguments = ["ablate", *map(str, args), "--model", "sct-motion", "--device", "cpu"]
    return CliRunner().invoke(cli, arguments, prog_name="python -m sct")


def found(*args: object) -> dict:
    result = run(*args, "--json")
    assert result.exit_code == 0, result.output
    assert result.stderr == ""
    return json.loads(result.stdout)


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    """A made pan to the left, as a file."""
    path = tmp_path_factory.mktemp("clips") / "pan.mp4"
    made = clips.make_batch(["pan left"], 5, 8, 112).to_clip(0)
    sct.video.clip.write_mp4(made.frames, path, fps=10)
    return path


@pytest.fixture(scope="module")
def model():
    return sct.load("sct-motion", device="cpu").eval()


@pytest.fixture(scope="module")
def frames(clip, model):
    return sct.preprocess(sct.read_clip(clip), model.config.image_size)


def test_parts_of_a_clip(clip, model, frames):
    said = found(clip)
    effects = ablation_study.one_at_a_time(model, frames)
    assert said["effects"] == effects.table() and len(said["effects"]) == 10
    assert said["target"] == said["label"] == "pan left" and said["nothing_left"] == ""
    assert said["probability"] == float(effects.base[effects.target])
    assert said["clip"]["frames_used"] == 8 and 0 < said["seconds"] < 60


def test_parts_as_a_table(clip, model, frames):
    lines = run(clip, "--parts", "2,clip", "--target", "zoom in").stdout.splitlines()
    assert lines[1].startswith("sct-motion, ablation: none; on cpu, ")
    assert lines[2].startswith("answer before: pan left; asked about: zoom in, 0.")
    heading = "off log-odds after KL GMACs most likely"
    assert " ".join(lines[4].split()) == heading
    rows = {line.split()[0]: line for line in lines[5:9]}
    assert set(rows) == {"2.vilt", "2.lsh", "2.shifted", "clip"}
    effects = ablation_study.effects_of(
        model, frames, ablation_study.pick_components(model.config, ["clip"]), 5
    ).effects
    assert rows["clip"].split()[3] == f"{effects[0].log_odds:+.2f}"
    assert rows["clip"].endswith(f"  {effects[0].label}")
    assert not any(line.endswith(" ") for line in lines)


def test_heads_as_a_grid(clip):
    said = found(clip, "--parts", "heads", "--ablate", "vilt=off")
    assert len(said["effects"]) == 40 - 13 and said["ablation"] == "vilt=off"
    lines = run(clip, "--parts", "heads", "--ablate", "vilt=off").stdout.splitlines()
    assert lines[4].split() == ["off"] + [w for h in range(6) for w in ("head", str(h))]
    assert [line.split()[0] for line in lines[5:11]] == [
        f"{stage}.{kind}" for stage in (1, 2, 3) for kind in ("lsh", "shifted")
    ]
    changes = {row["part"]: row["log_odds_change"] for row in said["effects"]}
    assert lines[5].split()[1] == f"{changes['1.lsh.0']:+.2f}"


def test_pairs(clip, model, frames):
    said = found(clip, "--parts", "pairs")["pairs"]
    pairs = ablation_study.pairs(model, frames, ablation_study.list_components(model.config))
    assert said["parts"] == [part.key for part in pairs.components]
    assert said["interaction"] == pairs.interaction.tolist()
    lines = run(clip, "--parts", "pairs").stdout.splitlines()
    assert lines[5].split()[:2] == ["1.vilt", "clip"] and "largest of 45 pairs" in " ".join(lines)


def test_presets_and_variants(clip):
    said = found(clip, "--presets")
    keys = {p.key for p in ablation_study.PRESETS} - {"table-5-1-1"}  # which is how it was trained
    assert {row["part"] for row in said["effects"]} == keys
    output = run(clip, "--presets").stdout
    assert "No motion path" in output and " ".join(ablation_study.TABLE_5.split()) in " ".join(
        output.split()
    )
    texts = ("offsets=2", "shifted=self,on,on", "none")
    said = found(clip, "--variants", *texts, "--ablate", "clip=mean")
    assert {row["ablation"] for row in said["effects"]} == set(texts)
    nothing = next(row for row in said["effects"] if row["part"] == "none")
    assert nothing["kl_nats"] == nothing["log_odds_change"] == 0
    assert (
        found("--variants", *texts, clip)["effects"] == found(clip, "--variants", *texts)["effects"]
    )


def test_where_nothing_is_left_it_is_said(clip):
    output = run(clip, "--ablate", "vilt=off;lsh=off;shifted=off;clip=mean").stdout
    assert "Nothing is left of the stages" in output
    assert "There is nothing left to switch off." in output


def test_many_clips(model):
    said = found("--data", "motion", "--variants", "shifted=self", "clip=mean", "--limit", 9)
    variants = [
        ablation_study.Variant("as trained", sct.Ablation()),
        *(ablation_study.Variant(t, sct.Ablation.parse(t)) for t in ("shifted=self", "clip=mean")),
    ]
    scores = ablation_study.over_clips(model, "motion", variants, 9)
    assert said["n"] == 9 and said["data"] == "motion"
    for row, score in zip(said["scores"], scores, strict=True):
        assert (row["name"], row["right"], row["p"]) == (score.name, score.right, score.p)
        assert row["p_holm"] == score.p_holm
        assert row["per_class"].keys() == score.per_class.keys()
    lines = run("--data", "motion", "--variants", "shifted=self", "--limit", 9).stdout.splitlines()
    assert lines[0].startswith("sct-motion, ablation: none on 9 clips of motion; ")
    heading = "variant right 95% interval gains losses p adjusted p"
    assert " ".join(lines[2].split()) == heading
    assert lines[3].startswith("as trained") and lines[4].startswith("shifted=self")


def test_parts_over_many_clips_and_a_sweep():
    said = found("--data", "motion", "--parts", "1.lsh,clip", "--limit", 2, "--ablate", "lsh=full")
    assert [row["ablation"] for row in said["scores"]] == [
        "lsh=full", "lsh=off,full,full", "lsh=full;clip=mean",
    ]  # fmt: skip
    said = found("--data", "motion", "--sweep", "frames", "--values", "2,8", "--limit", 2)
    assert [row["name"] for row in said["scores"]] == ["as trained", "frames=2", "frames=8"]
    assert said["scores"][2]["p"] == 1


@pytest.mark.parametrize(
    ("args", "says"),
    [
        ((), "either a CLIP or --data"),
        (("CLIP", "--data", "motion"), "either a CLIP or --data"),
        (
            ("CLIP", "--target", "17"),
            "target '17': this model has no such class",
        ),
        (("CLIP", "--target", "sideways"), "one of static, pan left"),
        (("CLIP", "--parts", "4.vilt"), "part '4.vilt': this model has 1.vilt"),
        (("CLIP", "--parts", "all", "--presets"), "--parts and --presets exclude each other"),
        (("CLIP", "--ablate", "shifted=self", "--variants", "shifted=off"), "both self and off"),
        (("CLIP", "--variants", "lsh=fast"), "lsh | full | off"),
        (("CLIP", "--ablate", "bucket=50"), "bucket=50"),
        (("CLIP", "--sweep", "offsets"), "--sweep is for --data"),
        (("CLIP", "--seed", "0"), "--seed is for --data"),
        (("CLIP", "--values", "1"), "--values are those of a --sweep"),
        (("nowhere.mp4",), "There is no file"),
        (("--data", "motion", "--target", "static"), "--target is for a CLIP"),
        (("--data", "motion", "--fps", "24"), "--fps is for a CLIP"),
        (("--data", "motion", "--parts", "pairs"), "--parts pairs is for a CLIP"),
        (("--data", "motion", "--sweep", "offsets", "--values", "8"), "offsets"),
        (("--data", "motion", "--sweep", "frames", "--values", "0"), "takes 1 to 8"),
        (("--data", "motion", "--sweep", "rounds", "--values", "1,²"), "whole numbers"),
        (("--data", "nowhere"), "There is no data"),
    ],
)
def test_bad_input_is_one_line(args, says, clip):
    result = run(*(clip if arg == "CLIP" else arg for arg in args))
    assert result.exit_code == 2, result.output
    assert result.stdout == "" and len(result.stderr.splitlines()) == 1
    assert result.stderr.startswith("sct: error: ") and says in result.stderr


def test_out_of_memory_is_one_line(clip, monkeypatch):
    def none(*_, **__):
        raise OutOfMemory("Memory ran out: said in one sentence.")

    monkeypatch.setattr(ablation_study, "one_at_a_time", none)
    result = run(clip)
    assert result.exit_code == 2 and result.stderr == (
        "sct: error: Memory ran out: said in one sentence.\n"
    )


@pytest.mark.parametrize("words", [("--start", "1"), ("--stride", "0.2"), ("--crop", "fit")])
def test_how_a_clip_is_read_is_refused_of_data(words):
    result = run("--data", "motion", *words)
    assert result.exit_code == 2 and f"{words[0]} is for a CLIP" in result.stderr
