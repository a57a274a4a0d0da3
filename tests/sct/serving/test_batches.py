from dataclasses import replace

import pytest
import torch

import sct
from sct.model.ablation import Ablation
from sct.model.config import SCTConfig
from sct.model.sct import SCT
from sct.serving.batches import one_of


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(0)
    config = SCTConfig(image_size=56, frames=4, widths=(16, 32), vilt_blocks=(1, 1), heads=(2, 2))
    return SCT(config).eval()


@pytest.mark.parametrize("ablation", ["none", "lsh=full;clip=mean", "shifted=off", "rounds=2"])
def test_a_clip_of_a_batch_is_as_if_it_were_alone(model, ablation):
    frames, asked = torch.randn(3, 4, 3, 56, 56), Ablation.parse(ablation)
    with torch.inference_mode():
        together = model(frames, asked, trace=True)
        for place in range(3):
            alone = model(frames[place : place + 1], asked, trace=True)
            found = one_of(together, place, 3)
            torch.testing.assert_close(found.logits, alone.logits, rtol=1e-5, atol=1e-6)
            assert (
                found.trace.config is model.config
                and found.trace.ablation is together.trace.ablation
            )
            for stage in (1, 2):
                entered = found.trace.entered[stage], alone.trace.entered[stage]
                torch.testing.assert_close(*entered, rtol=1e-4, atol=1e-5)
                if "lsh=full" not in ablation:
                    seen, known = found.trace.lsh(stage), alone.trace.lsh(stage)
                    assert torch.equal(seen.hashed.order, known.hashed.order)
                if "shifted=off" not in ablation:
                    seen, known = found.trace.shifted(stage), alone.trace.shifted(stage)
                    torch.testing.assert_close(
                        seen.matched.q, known.matched.q, rtol=1e-4, atol=1e-5
                    )
                    assert seen.matched.key_frames == known.matched.key_frames


def test_what_one_keeps_is_its_own(model):
    with torch.inference_mode():
        together = model(torch.randn(2, 4, 3, 56, 56), trace=True)
    assert one_of(together, 0, 1) is together
    q = one_of(together, 1, 2).trace.shifted(1).matched.q
    assert q.shape[0] == 1
    assert q.untyped_storage().nbytes() == q.numel() * q.element_size()
    assert replace(together) is not together and isinstance(together, sct.Output)
