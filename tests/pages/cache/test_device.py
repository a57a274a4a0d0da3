import threading
import time
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import numpy as np
import pytest
import torch

import sct
from pages.cache import device as own
from pages.cache import inference, models
from pages.widgets import turns
from sct.errors import OutOfMemory
from sct.model.ablation import Ablation
from sct.serving.device import LOST, Device
from sct.serving.queue import DeviceQueue
from sct.video.clip import Clip


@pytest.fixture(autouse=True)
def fresh(monkeypatch):
    own._results.clear()
    inference._results.clear()
    queue, device = DeviceQueue(), Device("cpu")
    for module in (turns, own):
        monkeypatch.setattr(module, "queue", lambda: queue)
    for module in (models, own):
        monkeypatch.setattr(module, "device", lambda: device)
    return device


def clip(seed, frames=8):
    pictures = np.random.default_rng(seed).integers(0, 255, (frames, 120, 160, 3), np.uint8)
    return Clip.from_frames(pictures)


def loaded_on(where):
    return SimpleNamespace(
        whole=None, model=SimpleNamespace(device=torch.device(where)), name="mine", question=""
    )


def test_what_many_want_at_once_is_computed_once_and_one_thing_at_a_time():
    now, most, calls = [], [], []

    def compute(key):
        now.append(key)
        most.append(len(now))
        calls.append(key)
        time.sleep(0.01)
        now.remove(key)
        return key

    with ThreadPoolExecutor(16) as pool:
        keys = [i % 4 for i in range(16)]
        found = pool.map(lambda key: own.computed("x", 8, key, lambda: compute(key)), keys)
        assert list(found) == keys
    assert sorted(calls) == [0, 1, 2, 3] and set(most) == {1}


def test_an_error_is_not_kept():
    with pytest.raises(ValueError, match="no"):
        own.computed("x", 8, 1, lambda: (_ for _ in ()).throw(ValueError("no")))
    assert own.computed("x", 8, 1, lambda: 7) == 7


def test_on_a_cpu_answers_of_many_at_once_are_those_of_each_alone():
    loaded, asked = models.load(sct.list_models()[0]), Ablation()
    clips = [clip(seed) for seed in range(6)]
    alone = [inference.forward(loaded, each, asked) for each in clips]
    own._results.clear()
    inference._results.clear()
    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(lambda each: inference.forward(loaded, each, asked), clips))
    for one, other in zip(found, alone, strict=True):
        assert one is not other
        assert np.array_equal(one.probabilities, other.probabilities)
        q = [each.trace.shifted(1).matched.q for each in (one, other)]
        assert torch.equal(*q)


def test_on_a_gpu_those_that_wait_are_computed_together(fresh, monkeypatch):
    """As on a GPU, but for where it is computed."""
    fresh._name = "cuda"
    monkeypatch.setattr(models, "device", lambda: Device("cpu"))
    loaded, asked, sizes = models.load(sct.list_models()[0]), Ablation(), []
    clips = [clip(seed) for seed in range(5)]
    alone = [inference._run([each], asked, loaded.whole)[0][0] for each in clips]
    run = inference._run

    def counted(some, *given):
        sizes.append(len(some))
        return run(some, *given)

    monkeypatch.setattr(inference, "_run", counted)
    with ThreadPoolExecutor(5) as pool:
        with own.queue().turn("other"):
            asked_for = [pool.submit(inference.forward, loaded, c, asked) for c in clips]
            while own.queue().length < 5:
                time.sleep(0.005)
        found = [each.result(60) for each in asked_for]
    assert sizes == [5]
    for one, other in zip(found, alone, strict=True):
        mine = other.logits[0, : len(one.probabilities)].softmax(-1).numpy()
        assert np.abs(one.probabilities - mine).max() < 1e-4
        assert one.trace.shifted(1).matched.q.shape[0] == 1


@pytest.mark.parametrize("error", [torch.OutOfMemoryError("CUDA"), MemoryError()])
def test_too_little_memory_on_a_gpu_is_made_up_for_by_the_cpu(monkeypatch, error, fresh):
    monkeypatch.setattr(own, "load_on", lambda *given: loaded_on("cpu"))
    freed = []
    monkeypatch.setattr(own, "free_memory", freed.append)

    def work(model):
        if model.device.type == "cuda":
            raise error
        return model.device.type

    assert own.on_device(loaded_on("cuda"), work) == "cpu"
    assert freed == ["cuda"] and not fresh.degraded
    with pytest.raises(OutOfMemory):  # so that fewer are computed at once
        own.on_device(loaded_on("cuda"), work, alone=False)


def test_a_gpu_that_is_lost_is_not_used_again(monkeypatch, fresh):
    fresh._name = "cuda"
    monkeypatch.setattr(own, "load_on", lambda *given: loaded_on("cpu"))
    monkeypatch.setattr(own, "free_memory", lambda where: None)

    def work(model):
        if model.device.type == "cuda":
            raise torch.AcceleratorError("CUDA error: unspecified launch failure", 719)
        return model.device.type

    assert own.on_device(loaded_on("cuda"), work) == "cpu"
    assert (fresh.name, fresh.degraded) == ("cpu", LOST)


def test_too_little_memory_on_a_cpu_is_one_sentence():
    def work(model):
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory")

    with pytest.raises(OutOfMemory, match="not enough memory to run this model"):
        own.on_device(loaded_on("cpu"), work)


def test_another_error_stays_what_it_is():
    def work(model):
        raise RuntimeError("shapes do not match")

    with pytest.raises(RuntimeError, match="shapes"):
        own.on_device(loaded_on("cuda"), work)


def test_who_waits_is_told_after_a_second(monkeypatch):
    monkeypatch.setattr(turns, "_SAID_AFTER_S", 0.1)
    monkeypatch.setattr(turns, "context", lambda: SimpleNamespace(session_id="a"))
    monkeypatch.setattr(turns, "still_wanted", lambda: None)
    told, begun, free = [], threading.Event(), threading.Event()

    def first():
        with turns.queue().turn("first"):
            begun.set()
            free.wait(10)

    other = threading.Thread(target=first)
    other.start()
    begun.wait(10)
    threading.Timer(0.5, free.set).start()
    with turns.turn(show=told.append):
        assert told == ["Waiting: 1 request is before yours …", ""]
    other.join()
