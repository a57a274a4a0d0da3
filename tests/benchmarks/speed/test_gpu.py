"""The rows of a GPU, as far as they can be tried without one."""

from dataclasses import replace

import pytest
import torch

import sct
from benchmarks.harness.timing import Settings, Unavailable
from benchmarks.speed import gpu

SETTINGS = Settings()
TINY = replace(sct.SIZES["sct_ti"], frames=2, vilt_blocks=(1, 1, 1))


@pytest.fixture
def tiny(monkeypatch):
    monkeypatch.setitem(sct.SIZES, "sct_s", TINY)


def test_every_size_is_measured_alone_and_in_a_batch_forward_and_learning():
    names = {row.name for group in gpu.groups(SETTINGS) for row in group}
    for size in ("sct_s", "sct_m", "sct_l"):
        for batch in (1, 8):
            name = f"{size}, batch {batch}"
            kinds = ("", ", CUDA graph", ", torch.compile", ", step with torch.compile")
            assert names >= {name + kind for kind in kinds}
            assert names >= {f"peak memory, {name}", f"peak step memory, {name}"}


def test_one_clip_of_sct_s_has_a_goal_and_peers():
    rows = [row for group in gpu.groups(SETTINGS) for row in group]
    aims = [(row.name, row.peer.value) for row in rows if row.target]
    assert aims == [("sct_s, batch 1", 0.015), ("sct_s, batch 1, CUDA graph", 0.015)]
    peers = [row.peer.name for row in rows if row.name == "sct_s, batch 8, step" and row.peer]
    assert [peer.split("-")[0] for peer in peers] == ["TimeSformer", "VideoMAE", "ViViT"]


def test_a_forward_takes_all_clips(tiny):
    assert gpu.predicting("sct_s", 3, SETTINGS)().logits.shape == (3, TINY.num_classes)


def test_steps_learn(tiny, monkeypatch):
    losses = []
    entropy = torch.nn.functional.cross_entropy

    def noted(*given):
        losses.append(entropy(*given))
        return losses[-1]

    monkeypatch.setattr(torch.nn.functional, "cross_entropy", noted)
    step = gpu.learning("sct_s", 3, SETTINGS)
    for _ in range(8):
        step()
    assert losses[-1] < 0.9 * losses[0]


def test_a_graph_wants_a_gpu(tiny):
    with pytest.raises(Unavailable, match="GPU"):
        gpu.replaying("sct_s", 1, SETTINGS)


def test_blocks_can_be_compiled_whole(tiny, monkeypatch):
    compiled = []
    monkeypatch.setattr(
        torch.nn.Module, "compile", lambda self, **given: compiled.append(type(self).__name__)
    )
    gpu.compile_blocks(sct.build("sct_s"))
    assert set(compiled) == {"Block", "ShiftedBlock", "LinearPooling"}
