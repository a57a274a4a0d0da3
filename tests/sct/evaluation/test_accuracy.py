import json
from types import SimpleNamespace

import numpy as np
import pytest
import torch

import sct
from sct.ablation_study.comparison import Variant, over_clips
from sct.checkpoint import io
from sct.datasets import dataset, loaders
from sct.datasets.options import EvaluationOptions
from sct.errors import ModelError
from sct.evaluation import test_sets
from sct.evaluation.accuracy import evaluate, wilson
from sct.evaluation.certify import CUTS, certify
from sct.evaluation.motion_agreement import attention_flow
from sct.evaluation.test_sets import EVALUATION_SEED, LabelledClips, MotionTestSet, VideoTestSet
from sct.synthetic import clips as synthetic_clips
from sct.video.clip import write_mp4
from viz.plots.confusion import save_confusion

NAMES = ("b", "a", "q", "c")


def small(**changes: object) -> sct.SCT:
    """A model of two stages on grids of 14 and 7 tokens for 3 frames of 56 x 56 pixels."""
    torch.manual_seed(0)
    shape = {"image_size": 56, "frames": 3, "widths": (8, 16), "vilt_blocks": (1, 0)}
    return sct.SCT(sct.SCTConfig(**shape, heads=(2, 2), clip_layers=1, **changes)).eval()


class Scripted:
    """A model whose answer to a frame of brightness v is the v-th row of `logits`."""

    device = torch.device("cpu")

    def __init__(self, logits: list[list[float]], labels: tuple[str, ...] = NAMES):
        self.logits = torch.tensor(logits)
        self.config = SimpleNamespace(
            labels=labels, num_classes=len(labels), questions=(), frames=2, image_size=16
        )
        self.asked: list[object] = []

    def __call__(self, frames: torch.Tensor, ablation: object) -> SimpleNamespace:
        self.asked.append((len(frames), ablation))
        values = ((frames[:, 0, 0, 0, 0] * 0.225 + 0.45) * 255).round().long()
        return SimpleNamespace(logits=self.logits[values])


class Made:
    """A test set of given clips: (label, brightness of each view, group)."""

    name, left_out = "made up", ("z",)

    def __init__(self, labels: tuple[str, ...], clips: list[tuple[str, tuple[int, ...], str]]):
        self.labels, self.clips = labels, clips

    def __len__(self) -> int:
        return len(self.clips)

    def batches(self):
        for label, views, group in self.clips:
            frames = torch.tensor(views, dtype=torch.uint8).view(1, -1, 1, 1, 1, 1)
            frames = frames.expand(-1, -1, 2, 3, 16, 16)
            yield LabelledClips(frames, torch.tensor([self.labels.index(label)]), (group,))

    def facts(self) -> dict[str, object]:
        return {"unreadable": []}


def sure(answer: int) -> list[float]:
    return [9.0 if i == answer else float(-i) for i in range(4)]


def test_a_tally_by_hand():
    """Brightness v is called NAMES[v]; five clips of labels in another order than the model's."""
    model = Scripted([sure(i) for i in range(4)])
    clips = [
        ("a", (1,), "x"),
        ("a", (0,), "x"),
        ("a", (2,), "y"),
        ("b", (0,), "y"),
        ("b", (0,), "y"),
    ]
    seen = []
    result = evaluate(
        model, Made(("a", "b", "z"), clips), batch=2, progress=lambda *done: seen.append(done)
    )
    assert seen == [(2, 5), (4, 5), (5, 5)] and [n for n, _ in model.asked] == [2, 2, 1]
    assert result["n"] == 5 and result["top1"] == 3 / 5 and result["top5"] == 1
    assert result["top1_ci95"] == list(wilson(3, 5))
    assert result["labels"] == list(NAMES)
    assert result["confusion"] == [[2, 0, 0, 0], [1, 1, 1, 0], [0] * 4, [0] * 4]
    assert result["per_class"]["a"] == {"n": 3, "top1": 1 / 3, "ci95": list(wilson(1, 3))}
    assert list(result["per_class"]) == ["b", "a"]
    # Between "b" and "a" alone, the clip that was called "q" is called "b": as wrong as before.
    assert result["restricted"]["labels"] == ["b", "a"] and result["restricted"]["top1"] == 3 / 5
    assert (result["chance"], result["majority"]) == (1 / 2, 3 / 5)
    assert result["labels_left_out"] == ["z"] and result["unreadable"] == []
    assert {g: (r["n"], r["top1"]) for g, r in result["per_group"].items()} == {
        "x": (2, 1 / 2),
        "y": (3, 2 / 3),
    }
    json.dumps(result, allow_nan=False)


def test_only_labels_of_the_data_are_allowed_when_restricted():
    model = Scripted([[1.0, 2.0, 3.0, 0.0]] * 4)
    result = evaluate(model, Made(("a", "b"), [("a", (0,), ""), ("b", (1,), "")]))
    assert result["top1"] == 0 and result["restricted"]["top1"] == 1 / 2
    assert "per_group" not in result


def test_clips_of_a_label_that_the_model_lacks_do_not_count():
    model = Scripted([sure(i) for i in range(4)])
    clips = [("z", (1,), ""), ("a", (1,), ""), ("b", (0,), "")]
    result = evaluate(model, Made(("a", "b", "z"), clips))
    assert result["n"] == 2 and result["top1"] == 1 and np.sum(result["confusion"]) == 2


def test_views_are_averaged_as_probabilities():
    """Two views that lean a little to "b", one that is sure of "a": the mean of logits would say
    "b" by far, the mean of probabilities says "a"."""
    logits = [[0.1, 0.0, -99.0, -99.0], [0.1, 0.0, -99.0, -99.0], [-60.0, 60.0, -99.0, -99.0]]
    for scale in (1.0, -1.0):
        rows = torch.tensor(logits)
        rows[:2, 0] *= scale
        test_set = Made(("a", "b"), [("a", (0, 1, 2), ""), ("b", (0, 1, 1), "")])
        model = Scripted(rows.tolist())
        result = evaluate(model, test_set)
        assert model.asked[0][0] == 6
        confusion = np.array(result["confusion"])
        assert confusion[1, 1] == 1, "a share of (0.48 + 0.48 + 1) / 3 or more is that of a"
        assert confusion[0, 0] == (scale > 0)


def test_labels_must_have_two_names_in_common():
    with pytest.raises(ValueError, match=r"made up.*only 'a'"):
        evaluate(Scripted([[0.0] * 4]), Made(("a", "z"), [("a", (0,), "")]))
    with pytest.raises(ValueError, match=r"motion.*no label"):
        evaluate(Scripted([[0.0] * 4]))
    with pytest.raises(ValueError, match="no names"):
        evaluate(Scripted([[0.0] * 4], labels=()))


def test_numbers_out_of_range_are_named():
    model = Scripted([[0.0] * 9], labels=synthetic_clips.CAMERA_LABELS)
    for bad in ({"limit": 0}, {"seed": -1}, {"seed": 1 << 20}):
        with pytest.raises(ValueError, match=next(iter(bad))):
            evaluate(model, **bad)
    with pytest.raises(ValueError, match="views 4x3"):
        evaluate(model, options=EvaluationOptions(views=(4, 3)))
    with pytest.raises(ValueError, match="cats"):
        evaluate(model, "cats")


def test_an_answer_that_is_no_number_is_never_right():
    """NaN sorts as the largest: such a model would be right about its first class always."""
    model = Scripted([[float("nan")] * 4, sure(1)])
    with pytest.raises(ModelError, match="NaN"):
        evaluate(model, Made(("b", "a"), [("b", (0,), ""), ("a", (1,), "")]))


@pytest.mark.parametrize("training", [True, False])
def test_measuring_changes_nothing_of_the_model(training):
    model = small(num_classes=17, labels=synthetic_clips.LABELS).train(training)
    model.head.train(not training)
    modes = [module.training for module in model.modules()]
    states = {name: value.clone() for name, value in model.state_dict().items()}
    evaluate(model, limit=2)
    attention_flow(model, limit=2)
    over_clips(model, "motion", [Variant("as trained", sct.Ablation())], 2)
    assert [module.training for module in model.modules()] == modes
    assert all(parameter.requires_grad for parameter in model.parameters())
    assert all(torch.equal(states[name], value) for name, value in model.state_dict().items())


# -- made clips ------------------------------------------------------------------------------------


def motion_test_set(limit: int, **changes: object) -> MotionTestSet:
    values = {"labels": synthetic_clips.LABELS, "frames": 2, "size": 32, "limit": limit, "seed": 0}
    return MotionTestSet(**{**values, **changes})


def frames_of(one: MotionTestSet) -> torch.Tensor:
    return torch.cat([piece.frames for piece in one.batches()])


def test_the_first_clips_of_a_long_test_set_are_those_of_a_short_one():
    long, short = frames_of(motion_test_set(20)), frames_of(motion_test_set(11))
    assert long.shape == (20, 1, 2, 3, 32, 32)
    assert torch.equal(long[:11], short)
    assert not torch.equal(frames_of(motion_test_set(11, seed=1)), short)


def test_labels_come_in_turn():
    labels = torch.cat([piece.labels for piece in motion_test_set(40).batches()])
    assert torch.equal(labels, torch.arange(40) % 17)


def test_the_same_clips_whatever_the_batch():
    model = small(num_classes=17, labels=synthetic_clips.LABELS)
    seen: list[torch.Tensor] = []
    run = model.forward
    model.forward = lambda frames, *rest: (seen.append(frames), run(frames, *rest))[1]
    results = [evaluate(model, limit=10, batch=batch) for batch in (3, 24)]
    few, all_ = torch.cat(seen[:4]), seen[4]
    assert [len(s) for s in seen] == [3, 3, 3, 1, 10] and torch.equal(few, all_)
    assert results[0]["n"] == results[1]["n"] == 10


def test_measuring_and_training_never_share_a_seed():
    last = (loaders.RUN_SEEDS - 1) << 30 | (loaders.STEPS - 1) << 10 | (loaders.BLOCKS - 1)
    assert last < EVALUATION_SEED
    # Nor do test sets of different seeds: the last block of one comes before the first of the next.
    assert -(-test_sets.MOST_CLIPS // test_sets.BLOCK) < 1 << 20
    assert synthetic_clips.SEEDS[1] > EVALUATION_SEED + (test_sets.MAX_SEED + 1 << 20)


def test_an_older_model_is_measured_on_the_labels_that_it_knows():
    torch.manual_seed(0)
    labels = (*synthetic_clips.CAMERA_LABELS[::-1], "dog")
    model = small(num_classes=10, labels=labels)
    result = evaluate(model, limit=9)
    assert result["n"] == 9 and list(result["per_class"]) == list(labels[:9])
    assert all(row["n"] == 1 for row in result["per_class"].values())
    assert result["labels_left_out"] == list(synthetic_clips.LABELS[9:])
    assert result["restricted"]["labels"] == list(labels[:9])


# -- videos ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Three classes, three clips each of one brightness, one more file that is no video."""
    root = tmp_path_factory.mktemp("classes")
    for place, label in enumerate("abz"):
        (root / label).mkdir()
        for i in range(3):
            frames = np.full((6, 48, 64, 3), 20 + 100 * place + i, np.uint8)
            write_mp4(frames, root / label / f"{i}.mp4", fps=10)
    (root / "a" / "broken.mp4").write_bytes(b"no video" * 50)
    return root


class Bright(Scripted):
    """Calls dark clips "a", brighter ones "b"."""

    def __call__(self, frames: torch.Tensor, ablation: object) -> SimpleNamespace:
        self.asked.append(tuple(frames.shape))
        values = (frames.mean((1, 2, 3, 4)) * 0.225 + 0.45) * 255
        return SimpleNamespace(logits=torch.stack([values - 70, 70 - values], dim=1))


def test_videos_with_views(folder):
    model = Bright([], labels=("b", "a"))
    result = evaluate(
        model, str(folder), batch=12, options=EvaluationOptions(split="all", views=(2, 3))
    )
    assert model.asked[0] == (12, 2, 3, 16, 16), "two clips of six views"
    assert (result["n"], result["top1"]) == (6, 1.0)
    assert result["labels_left_out"] == ["z"]
    assert [row["n"] for row in result["per_class"].values()] == [3, 3]
    (unread,) = result["unreadable"]
    assert unread["path"].endswith("broken.mp4") and "broken.mp4" in unread["why"]


def test_a_limit_draws_videos_by_the_seed(folder):
    model = Bright([], labels=("b", "a"))
    data = dataset.open_dataset(folder)

    def drawn(seed: int) -> torch.Tensor:
        return torch.cat([p.frames for p in VideoTestSet(data, model, 4, seed).batches()]).float()

    assert torch.equal(drawn(0), drawn(0))
    assert any(drawn(0).shape != drawn(s).shape or (drawn(0) != drawn(s)).any() for s in (1, 2, 3))
    assert evaluate(model, data, limit=2, seed=3)["n"] <= 2


def test_videos_none_of_which_can_be_read(tmp_path):
    for label in "ab":
        (tmp_path / label).mkdir()
        (tmp_path / label / "x.mp4").write_bytes(b"nothing")
    with pytest.raises(ValueError, match="none of its 2 clips"):
        evaluate(
            Bright([], labels=("b", "a")), str(tmp_path), options=EvaluationOptions(split="all")
        )


# -- intervals, cards, figures ---------------------------------------------------------------------


def test_wilson_against_published_values():
    """Newcombe (1998), table I: 81 of 263 gives 0.2553 to 0.3662, 0 of 20 gives 0 to 0.1611."""
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=1e-4)
    assert wilson(0, 20) == pytest.approx((0, 0.1611), abs=1e-4)
    assert wilson(29, 29) == pytest.approx((0.8830, 1), abs=1e-4)
    assert wilson(0, 0) == (0, 1)


def test_certify_writes_figures_and_their_commands(tmp_path):
    folder = tmp_path / "videos"
    folder.mkdir()
    cells = np.random.default_rng(0).integers(0, 256, (12, 16, 3), np.uint8)
    still = cells.repeat(8, axis=0).repeat(8, axis=1)
    write_mp4(np.stack([still] * 5), folder / "still.mp4", fps=10)
    model = small(num_classes=17, labels=synthetic_clips.LABELS)
    io.save(model, tmp_path / "mine", {"trained_with": "clip=mean"})
    card = certify(
        tmp_path / "mine", footage=folder, limit=4, footage_clips=3, flow_clips=2,
        cut_clips=3, device="cpu",
    )  # fmt: skip
    saved = json.loads((tmp_path / "mine.json").read_text())
    assert saved == json.loads(json.dumps(card)) | {"config": saved["config"]}
    assert saved["measured"]["command"] == (
        "python -m sct evaluate --data motion --model mine --limit 4"
    )
    assert saved["measured"]["n"] == 4 and saved["measured"]["ablation"] == "clip=mean"
    assert saved["footage"]["command"].endswith("--data footage:DIR --model mine --limit 3")
    assert str(folder) not in (tmp_path / "mine.json").read_text()
    follows = saved["attention_follows_motion"]
    assert follows["command"].endswith("--limit 2 --flow") and follows["n"] == 2
    assert {"stage", "head", "correlation"} <= set(follows["heads"][0])
    assert follows["footage"]["n"] == 2
    cut = saved["ablated"]["shifted=self"]
    assert cut["n"] == 3 and set(saved["ablated"]) == set(CUTS)
    assert cut["command"].endswith("--limit 3 --ablate 'shifted=self;clip=mean'")
    loaded = sct.load(tmp_path / "mine.safetensors", device="cpu")
    assert torch.equal(loaded.patch.weight, model.patch.weight)


def test_certify_of_a_twin_without_shifted_attention(tmp_path):
    model = small(num_classes=17, labels=synthetic_clips.LABELS)
    io.save(model, tmp_path / "twin", {"trained_with": "shifted=off"})
    card = certify(tmp_path / "twin", limit=1, flow_clips=1, cut_clips=1, device="cpu")
    assert card["attention_follows_motion"]["heads"] == []
    assert "shifted=off" in card["attention_follows_motion"]["why"]


def test_the_confusion_figure(tmp_path):
    counts = np.zeros((17, 17), int)
    np.fill_diagonal(counts[:9], 50)
    counts[0, 12] = 3
    labels = ["$\\frac{", *synthetic_clips.LABELS[1:]]
    save_confusion({"confusion": counts.tolist(), "labels": labels}, tmp_path / "a.png", "日本 $x$")
    from matplotlib.image import imread

    picture = imread(tmp_path / "a.png")
    assert picture.shape[0] > 300 and picture.shape[1] > 400
    assert picture[..., :3].std() > 0.05
    assert [p.name for p in tmp_path.iterdir()] == ["a.png"]
    with pytest.raises(OSError):
        save_confusion(
            {"confusion": [[1, 0], [0, 1]], "labels": ["a", "b"]}, tmp_path / "no" / "a.png"
        )
