"""Recorded passes, with a recorder that does on a CPU what a GPU would do."""

import copy
import threading

import pytest
import torch

import sct
from sct.kernels.copies import Tables
from sct.kernels.graphs import Graphs
from sct.model.ablation import Ablation
from sct.sites import Site

CONFIG = {"image_size": 56, "frames": 2, "widths": (24, 40), "heads": (2, 4), "vilt_blocks": (1, 1)}


class Recorder:
    """Records a pass that reads from one place and writes to another, as a graph does."""

    def __init__(self):
        self.recorded = self.replayed = 0
        self.held, self.busy = [], threading.Lock()

    def __call__(self, work, x, held):
        self.recorded += 1
        self.held.append(held())
        given = x.clone()
        found = work(given)

        def replay(x):
            assert self.busy.acquire(blocking=False), "two replays at once"
            given.copy_(x)
            into(found, work(given))
            self.replayed += 1
            self.busy.release()
            return copy.deepcopy(found)

        return replay


def into(place, value):
    """Write the tensors of one structure into those of another."""
    if torch.is_tensor(place):
        place.copy_(value)
    elif isinstance(place, (tuple, list)):
        [into(*pair) for pair in zip(place, value, strict=True)]
    elif isinstance(place, dict):
        [into(place[key], value[key]) for key in place]
    elif hasattr(place, "__dict__"):
        into(vars(place), vars(value))


@pytest.fixture
def recorder():
    return Recorder()


@pytest.fixture
def model(recorder):
    torch.manual_seed(0)
    with torch.inference_mode(False):  # what is made in it cannot tell whether it changed
        made = sct.SCT(sct.SCTConfig(**CONFIG)).eval()
    made.graphs = Graphs(recorder, lambda x: True)
    return made


def clips(count=1, seed=0):
    return torch.randn(count, 2, 3, 56, 56, generator=torch.Generator().manual_seed(seed))


@pytest.fixture(autouse=True)
def inference():
    with torch.inference_mode():
        yield


def test_the_second_pass_is_recorded_and_the_third_replayed(model, recorder):
    for seed, recorded in ((0, 0), (1, 1), (2, 1), (3, 1)):
        found = model(clips(seed=seed), graph=True)
        assert torch.equal(found.logits, model(clips(seed=seed)).logits)
        assert recorder.recorded == recorded
    assert recorder.replayed == 3


def test_what_one_replay_found_stays_after_the_next(model):
    first, second = (model(clips(seed=s), graph=True, trace=True) for s in (0, 1))
    third, wanted = model(clips(seed=2), graph=True, trace=True), model(clips(seed=1), trace=True)
    assert torch.equal(second.logits, wanted.logits)
    assert torch.equal(second.trace.lsh(1).hashed.order, wanted.trace.lsh(1).hashed.order)
    q, theirs = second.trace.shifted(1).matched.q, wanted.trace.shifted(1).matched.q
    assert torch.equal(q, theirs)
    assert not torch.equal(third.logits, second.logits)
    assert not torch.equal(first.logits, second.logits)


def test_each_shape_precision_and_trace_has_its_own(model, recorder):
    for _ in range(2):
        model(clips(), graph=True)
        model(clips(2), graph=True)
        model(clips(), graph=True, trace=True)
        model(clips(), graph=True, precision="bfloat16")
    assert recorder.recorded == 4
    for count in range(3, 9):  # and no more of them are kept than fit
        model(clips(count), graph=True)
    assert len(model.graphs._made) == 4


def test_weights_that_change_are_recorded_anew(model, recorder):
    for _ in range(3):
        model(clips(), graph=True)
    with torch.inference_mode(False), torch.no_grad():
        model.head[-1].bias.add_(1.0)
    before = recorder.recorded
    for _ in range(2):
        assert torch.equal(model(clips(), graph=True).logits, model(clips()).logits)
    assert recorder.recorded == before + 1


@pytest.mark.parametrize(
    "how",
    [
        {"ablation": Ablation(shifted=("off", "on"))},
        {"record": [Site.parse("1.vilt.0")]},
        {"graph": False},
    ],
)
def test_passes_that_are_changed_or_recorded_are_computed_as_they_are(how, model, recorder):
    for _ in range(3):
        model(clips(), **{"graph": True, **how})
    assert recorder.recorded == 0


def test_passes_that_learn_are_never_recorded(model, recorder):
    with torch.inference_mode(False), torch.enable_grad():
        for _ in range(3):
            model(clips(), graph=True).logits.sum().backward()
    assert recorder.recorded == 0 and model.head[-1].bias.grad is not None


def test_clips_that_do_not_fit_are_refused_all_the_same(model):
    for _ in range(3):
        with pytest.raises(ValueError, match="multiples of"):
            model(torch.zeros(1, 2, 3, 40, 40), graph=True)


def test_what_no_graph_takes_is_computed_as_it_is():
    tried = []

    def record(work, x, held):
        tried.append(x)
        raise RuntimeError("operation not permitted when stream is capturing")

    graphs = Graphs(record, lambda x: True)
    for value in range(4):
        x = torch.tensor([float(value)])
        assert graphs.run(lambda x: x + 1, x, "", [], list).item() == value + 1
    assert len(tried) == 1


def test_threads_share_what_was_recorded_and_none_disturbs_another(model, recorder):
    wanted = [model(clips(seed=s)).logits for s in range(6)]
    found, errors = {}, []

    def ask(seed):
        try:
            with torch.inference_mode():
                found[seed] = [model(clips(seed=seed), graph=True).logits for _ in range(4)]
        except BaseException as error:  # what fails in a thread fails nowhere else
            errors.append(error)

    threads = [threading.Thread(target=ask, args=(seed,)) for seed in range(6)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert not errors and recorder.recorded == 1
    for seed, logits in found.items():
        assert all(torch.allclose(each, wanted[seed], atol=1e-5) for each in logits)


def test_a_recording_holds_the_tables_and_copies_that_it_reads(model, recorder):
    for _ in range(2):
        model(clips(), graph=True, precision="bfloat16")
    tables, copies = recorder.held[0]
    assert len(tables) >= 2 and any(value is not None for value in copies)


def test_a_copy_of_a_model_has_recorded_nothing(model):
    for _ in range(2):
        model(clips(), graph=True)
    assert not copy.deepcopy(model).graphs._made


def test_on_a_cpu_nothing_is_recorded():
    made = sct.SCT(sct.SCTConfig(**CONFIG)).eval()
    for _ in range(3):
        assert torch.equal(made(clips(), graph=True).logits, made(clips()).logits)
    assert not made.graphs._made


def test_a_table_is_made_once_and_the_last_ones_are_kept():
    asked = []

    def make(n):
        asked.append(n)
        return torch.full((1,), n)

    tables = Tables(make, most=2)
    assert [int(tables(n)) for n in (1, 2, 1, 3, 1, 2)] == [1, 2, 1, 3, 1, 2]
    assert asked == [1, 2, 3, 2]
    assert [int(each) for each in tables.held()] == [1, 2]
