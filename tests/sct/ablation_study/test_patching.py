import math

import numpy as np
import pytest
import torch

import sct
from sct import Ablation
from sct.ablation_study import grounded, list_sites, patch_sites, reversed_clip
from sct.ablation_study.patching import Source
from sct.sites import Site


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(3)
    return sct.build(
        image_size=56, frames=4, clip_layers=1, num_classes=4, labels=("a", "b", "c", "d"),
        widths=(16, 32), heads=(2, 4), vilt_blocks=(1, 2), lsh_bucket=7,
        grounded_heads=((), (0, 2)),
    ).eval()  # fmt: skip


@pytest.fixture(scope="module")
def clips():
    return torch.randn(2, 4, 3, 56, 56, generator=torch.Generator().manual_seed(1)).split(1)


@torch.inference_mode()
def shares(model, frames, text="none", **asked):
    return model(frames, Ablation.parse(text), **asked).logits[0].double().softmax(-1).tolist()


def odds(p, target):
    return math.log(p[target] / (1 - p[target]))


def test_the_sites_of_each_grid(model):
    parts = [str(site) for site in list_sites(model.config, "parts")]
    assert parts == [f"{s}.{p}" for s in (1, 2) for p in ("vilt", "lsh", "shifted", "stage")]
    heads = [str(site) for site in list_sites(model.config)]
    assert len(heads) == 8 + (2 + 2 + 4) + (4 + 4 + 4) and set(parts) < set(heads)
    assert heads[:4] == ["1.vilt", "1.vilt.0", "1.vilt.1", "1.lsh"]
    assert [str(s) for s in list_sites(model.config, "frames", 3)[:4]] == [
        "1.vilt@0", "1.vilt@1", "1.vilt@2", "1.lsh@0",
    ]  # fmt: skip
    assert len(list_sites(model.config, "frames")) == 4 * 8
    with pytest.raises(ValueError, match="heads, parts, frames"):
        list_sites(model.config, "stages")
    one = sct.build(shifted_blocks=0).config
    assert all(site.part != "shifted" for site in list_sites(one))
    marked = [str(s) for s in list_sites(model.config) if grounded(model.config, s)]
    assert marked == ["2.shifted.0", "2.shifted.2"]


@pytest.mark.parametrize("text", ["none", "lsh=full;clip=mean", "order=reversed"])
def test_each_effect_is_that_of_a_pass_of_its_own(model, clips, text):
    clip, other = clips
    sites = [Site(1, "vilt", 1), Site(1, "shifted"), Site(2, "lsh", 3, 2), Site(2, "stage")]
    found = patch_sites(model, clip, Source(other), sites, 1, 3, Ablation.parse(text))
    plain, theirs = shares(model, clip, text), shares(model, other, text)
    assert (found.label, found.other, found.seeds) == ("b", "d", (0,))
    assert found.answer == "abcd"[int(np.argmax(plain))]
    assert found.source_answer == "abcd"[int(np.argmax(theirs))]
    for row, p in ((found.clip, plain), (found.source, theirs)):
        assert row[0] == pytest.approx([odds(p, 1), math.log(p[1] / p[3])], abs=1e-4)
    with torch.inference_mode():
        recorded = model(other, Ablation.parse(text), record=sites).activations
    for i, (site, given) in enumerate(zip(sites, recorded, strict=True)):
        p = shares(model, clip, text, patch=[(site, given)])
        change = math.log(p[1] / p[3]) - math.log(plain[1] / plain[3])
        assert found.log_odds[0, i] == pytest.approx(odds(p, 1) - odds(plain, 1), abs=1e-4)
        assert found.difference[0, i] == pytest.approx(change, abs=1e-4)
        assert found.answers[i] == "abcd"[int(np.argmax(p))]
    assert found.difference[0, 3] == pytest.approx(found.source[0, 1] - found.clip[0, 1], abs=1e-4)


def test_recovery_goes_from_the_clip_to_the_source_and_is_nan_where_they_agree(model, clips):
    clip, other = clips
    sites = list_sites(model.config, "parts")
    found = patch_sites(model, clip, Source(other), sites, 1, 3)
    apart = found.source[0, 1] - found.clip[0, 1]
    found.source[0, 1] = found.clip[0, 1] + 4  # as far apart as trained models have them
    assert found.recovery[0] == pytest.approx(found.difference[0] / 4)
    assert found.recovery[0, -1] == pytest.approx(apart / 4, abs=1e-4)
    same = patch_sites(model, clip, Source(clip), sites)
    assert np.abs(same.difference).max() < 1e-4 and np.isnan(same.recovery).all()
    row = same.table(model.config)[0]
    assert row["recovery"] is None and row["difference_change_sd"] is None and row["seeds"] == 1


def test_the_reversed_clip_meets_its_own_pictures(model, clips):
    """What does not look at other frames gives the same for the same picture, in either order."""
    clip, _ = clips
    sites = [Site(1, "vilt"), Site(1, "lsh"), Site(1, "shifted")]
    found = patch_sites(model, clip, reversed_clip(clip), sites)
    assert np.abs(found.difference[0, :2]).max() < 1e-4 < np.abs(found.difference[0, 2])
    placed = patch_sites(model, clip, reversed_clip(clip, same_picture=False), sites)
    assert np.abs(placed.difference[0]).min() > 3e-4
    assert placed.source == pytest.approx(found.source)
    whole = patch_sites(model, clip, reversed_clip(clip, False), [Site(2, "stage")])
    assert whole.log_odds[0, 0] == pytest.approx(whole.source[0, 0] - whole.clip[0, 0], abs=1e-4)


def test_the_classes_that_are_asked_about_when_nobody_says(model, clips):
    clip, other = clips
    site = [Site(1, "lsh")]
    plain, theirs = shares(model, clip), shares(model, other)
    found = patch_sites(model, clip, Source(other), site)
    first, second = np.argsort(plain)[::-1][:2]
    likeliest = int(np.argmax(theirs))
    assert found.target == first
    assert found.against == (likeliest if likeliest != first else second)
    rival = int(np.argmax(theirs))
    assert patch_sites(model, clip, Source(other), site, rival).against == (
        int(first) if rival != first else int(second)
    )


def test_seeds_are_runs_of_their_own(model, clips):
    clip, other = clips
    sites = [Site(1, "lsh", 0), Site(2, "shifted", 1)]
    seen = []
    found = patch_sites(
        model, clip, Source(other), sites, 0, 1, seeds=(4, 0, 9),
        progress=lambda done, total: seen.append((done, total)),
    )  # fmt: skip
    assert found.seeds == (4, 0, 9) and found.difference.shape == (3, 2)
    for i, seed in enumerate((4, 0, 9)):
        one = patch_sites(model, clip, Source(other), sites, 0, 1, Ablation(seed=seed))
        assert found.difference[i] == pytest.approx(one.difference[0], abs=1e-5)
        assert found.clip[i] == pytest.approx(one.clip[0], abs=1e-5)
    assert found.difference[:, 0].std() > 1e-5
    row = next(r for r in found.table(model.config) if r["site"] == "1.lsh.0")
    assert row["difference_change"] == pytest.approx(found.difference[:, 0].mean())
    assert row["difference_change_sd"] == pytest.approx(found.difference[:, 0].std(ddof=1))
    assert seen == sorted(seen) and seen[-1][0] == seen[-1][1] and len({t for _, t in seen}) == 1


def test_progress_may_end_the_run_and_what_is_off_is_passed_over(model, clips):
    class Stop(Exception):
        pass

    def stop(done, total):
        raise Stop

    clip, other = clips
    sites = list_sites(model.config)
    with pytest.raises(Stop):
        patch_sites(model, clip, Source(other), sites, progress=stop)
    found = patch_sites(model, clip, Source(other), sites, ablation=Ablation(lsh="off"))
    assert {site.part for site in found.sites} == {"vilt", "shifted", "stage"}
    with pytest.raises(ValueError, match="none was given that is not off"):
        patch_sites(model, clip, Source(other), [Site(1, "lsh")], ablation=Ablation(lsh="off"))


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"sites": [Site(3, "lsh")]}, "site stage=3"),
        ({"sites": [Site(1, "lsh", 2)]}, "site head=2"),
        ({"sites": []}, "one or more"),
        ({"target": 4}, "target 4: this model has classes 0 to 3"),
        ({"target": "b", "against": "b"}, "against 1: allowed: another class"),
        ({"against": "x"}, "x"),
        ({"seeds": range(33)}, "33 seeds: allowed: up to 32"),
        ({"seeds": (-1,)}, "seed"),
        ({"source": Source(torch.zeros(1, 3, 3, 56, 56))}, "one clip each, of one size"),
        ({"source": Source(torch.zeros(1, 4, 3, 56, 56), (0, 0, 1, 2))}, "each of 0 to 3 once"),
    ],
)
def test_what_does_not_fit_is_said(model, clips, asked, says):
    clip, other = clips
    asked = {"source": Source(other), "sites": [Site(1, "lsh")], **asked}
    with pytest.raises(ValueError, match=says):
        patch_sites(model, clip, **asked)


@pytest.mark.parametrize("text", ["none", "order=reversed", "order=shuffled(1)"])
def test_what_sees_one_frame_at_a_time_brings_nothing_from_the_same_picture(model, clips, text):
    base = Ablation.parse(text)
    source = reversed_clip(clips[0], ablation=base)
    sites = [Site(1, "vilt"), Site(1, "lsh"), Site(1, "vilt", None, 2), Site(1, "shifted")]
    found = patch_sites(model, clips[0], source, sites, ablation=base)
    assert np.abs(found.difference[0, :3]).max() < 1e-5 < abs(found.difference[0, 3])


def test_clips_without_a_picture_in_common_are_not_matched_by_pictures(clips):
    first = Ablation.parse("order=repeat-first")
    with pytest.raises(ValueError, match="no picture in common"):
        reversed_clip(clips[0], ablation=first)
    assert reversed_clip(clips[0], False, first).places == ()
