import numpy as np
import pytest
import torch

import sct
from sct import Ablation


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(0)
    return sct.build("sct_ti", lsh_rounds=2, grounded_heads=((0,), (0, 1), (0, 1))).eval()


def run(model, text="none", frames=4):
    x = torch.randn(1, frames, 3, 112, 112, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        return model(x, Ablation.parse(text), trace=True).trace


@pytest.fixture(scope="module")
def trace(model):
    return run(model)


@pytest.mark.parametrize("stage", [1, 2, 3])
def test_shifted_rows_sum_to_one_and_stay_in_their_window(trace, stage):
    seen = trace.shifted(stage)
    for token in ((0, 0), (6, 5), (seen.grid - 1, 1)):
        row, column, rows, columns = seen.window(token)
        assert row <= token[0] < row + rows and column <= token[1] < column + columns
        for head in [*range(seen.heads), "mean", "grounded"]:
            for one in seen.maps(2, token, head):
                assert one.shape == (seen.grid, seen.grid) and one.dtype == np.float32
                assert one.sum() == pytest.approx(1, abs=1e-5) and one.min() >= 0
                inside = one[row : row + rows, column : column + columns]
                assert inside.sum() == pytest.approx(1, abs=1e-5)


def test_maps_are_those_of_the_forward(model):
    """The maps weigh the values to what the layer put out."""
    torch.manual_seed(0)
    layer = model.stages[0].shifted[0].attention
    width, count = model.config.shifted_widths[0], model.config.shifted_heads[0]
    x = torch.randn(1, 3, 14, 14, width)
    with torch.inference_mode():
        out, matched = layer(x, sct.Ablation().resolve(model.config, 112)[0], 7)
        seen = sct.model.trace.ShiftedTrace(matched, 14, 8, ())
        v = torch.nn.functional.linear(x[0, 2], layer.qkv.weight[2 * width :])
        v = v.view(14 * 14, count, -1)
        token = (9, 3)
        heads = []
        for head in range(count):
            maps = [torch.from_numpy(m).flatten() for m in seen.maps(2, token, head)]
            heads.append((maps[0] + maps[1]) / 2 @ v[:, head])
        torch.testing.assert_close(layer.proj(torch.cat(heads)), out[0, 2, 9, 3], atol=1e-5, rtol=0)


def test_displacement_is_the_mean_offset_of_the_previous_map(trace):
    seen = trace.shifted(1)
    for head in (1, "mean"):
        moved = seen.displacement(3, head)
        assert moved.shape == (14, 14, 2)
        for token in ((0, 0), (4, 12), (13, 7)):
            previous, _ = seen.maps(3, token, head)
            rows, columns = np.mgrid[:14, :14]
            mean = np.array([(previous * rows).sum(), (previous * columns).sum()])
            np.testing.assert_allclose(moved[token], (mean - token) * 8, atol=1e-3)


def test_displacement_of_several_heads_is_over_one_offset(model):
    """Where content was one frame before and two are different places: they have no mean."""
    seen = run(model, "offsets=1,2").shifted(1)
    alike = [seen.displacement(3, h) for h in range(0, seen.heads, 2)]
    np.testing.assert_allclose(seen.displacement(3, "mean"), np.mean(alike, axis=0), atol=1e-3)


def test_first_frame_is_its_own_predecessor(trace):
    previous, current = trace.shifted(1).maps(0, (3, 3), 0)
    np.testing.assert_array_equal(previous, current)


def test_ablations_show_in_the_trace(model):
    previous, current = run(model, "shifted=self").shifted(2).maps(2, (3, 3), 1)
    np.testing.assert_array_equal(previous, current)
    assert run(model, "offsets=2").shifted(1).key_frame(3) == 1
    assert run(model, "window=frame").shifted(1).window((9, 9)) == (0, 0, 14, 14)
    assert run(model, "order=reversed").order == (3, 2, 1, 0)
    assert run(model, "rounds=4").lsh(1).rounds == 4


@pytest.mark.parametrize("stage", [1, 2, 3])
def test_lsh_attended_is_the_layer_of_the_forward(model, trace, stage):
    seen = trace.lsh(stage)
    assert seen.n_buckets == {1: 16, 2: 4, 3: 1}[stage]
    buckets = seen.buckets(1, 0, 1)
    assert buckets.shape == (seen.grid, seen.grid) and buckets.max() < seen.n_buckets
    weights = seen.attended(1, (2, 3), 0)
    assert weights.sum() == pytest.approx(1, abs=1e-5)
    one = seen.attended(1, (2, 3), 0, round=0)
    assert (one > 0).sum() == min(2 * seen.bucket_size, seen.grid**2)


def test_lsh_attended_weighs_values_to_the_output():
    from sct.model.lsh import lsh_attention, rotations
    from sct.model.trace import LSHTrace

    x = torch.randn(1, 2, 36, 3, 16, generator=torch.Generator().manual_seed(0))
    out, hashed = lsh_attention(x, rotations(0, 1, 3, 3, 8, 4), 9)
    seen = LSHTrace(x[..., :8], hashed, 6, 8, 9)
    for token, head in (((0, 0), 0), ((5, 2), 2)):
        weights = torch.from_numpy(seen.attended(1, token, head)).flatten()
        number = token[0] * 6 + token[1]
        torch.testing.assert_close(
            weights @ x[0, 1, :, head, 8:], out[0, 1, head, number], atol=1e-5, rtol=0
        )


def test_recall(model, trace):
    assert trace.lsh(3).recall(0, 0) == pytest.approx(1)
    some = trace.lsh(1).recall(0, 0)
    assert 98 / 784 * 0.5 < some < 1
    assert run(model, "rounds=8").lsh(1).recall(0, 0) > some


def test_clip_rows_sum_to_one(trace):
    for layer in (0, 3, -1):
        row = trace.clip(layer)
        assert row.frames().shape == (4,)
        assert row.frames().sum() + row.cls() == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize(
    ("text", "ask", "says"),
    [
        ("shifted=on,off,on", lambda t: t.shifted(2), "shifted MSA of stage 2 is off"),
        ("lsh=full", lambda t: t.lsh(1), "stage 1 is replaced by full attention"),
        ("lsh=off", lambda t: t.lsh(3), "stage 3 is off"),
        ("clip=mean", lambda t: t.clip(), "clip encoder is off"),
        ("none", lambda t: t.shifted(4), "stages 1 to 3"),
        ("none", lambda t: t.shifted(1, block=1), "1 block"),
        ("none", lambda t: t.clip(4), "layers 0 to 3"),
    ],
)
def test_what_was_not_traced_is_named(model, text, ask, says):
    with pytest.raises(LookupError, match=says):
        ask(run(model, text))


def test_out_of_range_is_named(trace):
    with pytest.raises(IndexError, match="frame 4: allowed: 0 to 3"):
        trace.shifted(1).maps(4, (0, 0), 0)
    with pytest.raises(IndexError, match="token 14"):
        trace.shifted(1).maps(0, (14, 0), 0)
    with pytest.raises(IndexError, match="head 3"):
        trace.lsh(1).buckets(0, 3)
