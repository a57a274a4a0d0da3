"""Weights and card are of each other, at every moment, or one sentence says that they are not."""

import json
import shutil
import threading

import pytest
import torch
from safetensors.torch import load_file, save_file

import sct
from sct.checkpoint import io, pair
from sct.model.config import SCTConfig

SHAPE = {"image_size": 28, "frames": 2, "widths": (8,), "vilt_blocks": (1,), "heads": (1,)}


def model(labels=("left", "right"), seed=0):
    torch.manual_seed(seed)
    return sct.SCT(SCTConfig(**SHAPE, clip_layers=1, num_classes=len(labels), labels=labels))


@pytest.fixture
def path(tmp_path):
    io.save(model(), tmp_path / "mine", {"task": "a test"})
    return tmp_path / "mine.safetensors"


def refused(path, says):
    for read in (io.load, io.check):
        with pytest.raises(sct.ModelError, match=says) as error:
            read(path)
        assert "\n" not in str(error.value) and len(str(error.value)) < 300


def rewrite(path, change, sealed=True):
    """Change a checkpoint's weights; a card that names them as they are now, if it is `sealed`."""
    state = load_file(path)
    change(state)
    save_file(state, path)
    if sealed:
        file = path.with_suffix(".json")
        card = json.loads(file.read_text()) | {pair.KEY: io.fingerprint(path)}
        file.write_text(json.dumps(card))


def test_what_is_saved_names_its_weights_and_shipped_cards_do_too(path):
    assert io.read_card(path)[pair.KEY] == io.fingerprint(path)
    for name in ("sct-scene", "sct-motion", "sct-motion-free"):
        assert io.check(name)[pair.KEY] == io.fingerprint(name)


def test_a_card_that_is_saved_again_names_the_new_weights(path):
    before = io.read_card(path)
    io.save(model(seed=1), path, before)
    assert io.check(path)[pair.KEY] != before[pair.KEY]


def test_weights_of_another_card_are_refused(path):
    rewrite(path, lambda state: state["head.2.bias"].add_(1), sealed=False)
    refused(path, "not those that its card names")


@pytest.mark.parametrize("said", [None, "", 7, [], "0" * 64])
def test_a_card_whose_hash_is_none_is_refused(path, said):
    file = path.with_suffix(".json")
    file.write_text(json.dumps(json.loads(file.read_text()) | {pair.KEY: said}))
    refused(path, "not those that its card names")


def test_an_older_card_is_refused_until_it_is_sealed(path):
    file = path.with_suffix(".json")
    card = json.loads(file.read_text())
    own = card.pop(pair.KEY)
    file.write_text(json.dumps(card))
    refused(path, r"does not name its weights: .*python -m sct seal mine\.safetensors")
    assert io.seal(path)[pair.KEY] == own
    assert io.check(path)["task"] == "a test"


@pytest.mark.parametrize("bad", [torch.nan, torch.inf, -torch.inf])
@pytest.mark.parametrize("every", [True, False], ids=["all", "one"])
def test_weights_that_are_not_finite_are_refused(path, bad, every):
    def spoil(state):
        for value in state.values() if every else [state["head.2.bias"]]:
            value.view(-1)[slice(None) if every else slice(0, 1)] = bad

    rewrite(path, spoil)
    refused(path, "are not all finite numbers: ")
    with pytest.raises(sct.ModelError, match="finite"):
        io.seal(path)


@pytest.mark.parametrize(
    "kind", [torch.int8, torch.int64, torch.bool, torch.complex64, torch.float8_e4m3fn]
)
@pytest.mark.parametrize("every", [True, False], ids=["all", "one"])
def test_weights_that_are_no_floats_or_of_two_types_are_refused(path, kind, every):
    def cast(state):
        for key in list(state) if every else ["head.2.bias"]:
            state[key] = state[key].to(kind)

    rewrite(path, cast)
    refused(path, "all must be floats of one type")


def test_floats_too_large_for_float32_are_refused(path):
    def cast(state):
        for key in list(state):
            state[key] = state[key].double()
        state["head.2.bias"][0] = 1e300

    rewrite(path, cast)
    refused(path, "finite")


@pytest.mark.parametrize("kind", [torch.float16, torch.bfloat16, torch.float64])
def test_other_floats_are_read_as_float32(path, kind):
    rewrite(path, lambda state: state.update({k: v.to(kind) for k, v in state.items()}))
    assert next(io.load(path, device="cpu").parameters()).dtype == torch.float32


@pytest.mark.parametrize("way", ["flat", "one more", "one less", "turned"])
def test_shapes_that_are_not_exact_are_refused(path, way):
    def change(state):
        if way == "flat":
            state["cls"] = state.pop("clip.cls")
        elif way == "one more":
            state["more"] = torch.zeros(1)
        elif way == "one less":
            del state["head.2.bias"]
        else:
            state["head.0.weight"] = state["head.0.weight"].T.contiguous()

    rewrite(path, change)
    refused(path, "do not fit the config")


def test_a_file_far_larger_than_its_config_is_not_read(path):
    with open(path, "ab") as file:
        file.truncate(1 << 40)  # of nothing: it takes no room on the disk
    refused(path, "do not fit the config")


def test_the_stamp_changes_with_each_file_and_not_by_itself(path, tmp_path):
    first = io.stamp(path)
    assert io.stamp(path) == first
    io.save(model(seed=1), path, {})
    second = io.stamp(path)
    assert all(a != b for a, b in zip(first, second, strict=True))
    path.with_suffix(".json").unlink()
    assert io.stamp(path) == (second[0], None)


def test_a_version_is_of_weights_and_card():
    cards = [{pair.KEY: "a", "config": {}}, {pair.KEY: "b", "config": {}}, {pair.KEY: "a"}]
    assert len({io.version(card) for card in cards}) == 3
    assert io.version(cards[0]) == io.version(dict(reversed(cards[0].items())))


def test_a_writer_that_ended_between_its_two_files_left_a_pair(path):
    """What a kill leaves: new weights, the old card, and the new card beside it."""
    files = io.files_of(model(("up", "down"), seed=1), path, {"task": "new"})
    path.write_bytes(files[path])
    card = path.with_suffix(".json")
    card.with_name(card.name + pair.PART).write_bytes(files[card])
    found, said = io.load_with_card(path, device="cpu")
    assert said["task"] == "new" and found.config.labels == ("up", "down")


def test_who_reads_while_others_write_gets_one_pair_or_another(path, tmp_path):
    """Two checkpoints of different labels, put in place by turns while threads load."""
    kinds = [model(("left", "right")), model(("up", "down", "still"), seed=1)]
    marks = [float(each.head[2].bias.detach()[0]) for each in kinds]
    io.save(kinds[0], path, {"task": "0"})
    sides = []
    for at, each in enumerate(kinds):
        io.save(each, tmp_path / f"side{at}", {"task": str(at)})
        sides.append((tmp_path / f"side{at}.safetensors").with_suffix(""))
    ended, seen, wrong = threading.Event(), set(), []

    def write():
        turn = 0
        while not ended.is_set():
            turn += 1
            if turn % 3:  # as a training does
                io.save(kinds[turn % 2], path, {"task": str(turn % 2)})
            else:  # as a person does, in place
                for ending in (".safetensors", ".json"):
                    shutil.copy(f"{sides[turn % 2]}{ending}", path.with_suffix(ending))
            ended.wait(0.05)

    def load():
        for _ in range(25):
            try:
                found, card = io.load_with_card(path, device="cpu")
            except Exception as error:
                wrong.append(repr(error))
                continue
            which = int(card["task"])
            seen.add(which)
            if (found.config, float(found.head[2].bias[0])) != (kinds[which].config, marks[which]):
                wrong.append(f"half of {which}")

    writer = threading.Thread(target=write)
    readers = [threading.Thread(target=load) for _ in range(3)]
    writer.start()
    for each in readers:
        each.start()
    for each in readers:
        each.join()
    ended.set()
    writer.join()
    assert not wrong and seen == {0, 1}
