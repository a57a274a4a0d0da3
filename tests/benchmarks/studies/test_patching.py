import numpy as np
import pytest
from click.testing import CliRunner

import sct
from benchmarks.studies import patching
from sct.ablation_study import patch_sites, reversed_clip
from sct.sites import Site
from sct.synthetic.clips import make_clip


def test_the_table_is_the_mean_of_the_clips():
    arguments = ["--model", "sct-motion", "--clips", "2", "--device", "cpu"]
    result = CliRunner().invoke(patching.cli, arguments)
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("2 of 2 clips of pan left and pan right")
    model = sct.load("sct-motion", device="cpu").eval()
    found = []
    for seed, label in ((patching.SEED, "pan left"), (patching.SEED + 1, "pan right")):
        frames = sct.preprocess(make_clip(label, seed).as_clip(), model.config.image_size)
        way = ("pan left", "pan right") if label == "pan left" else ("pan right", "pan left")
        sites = [Site(1, "shifted"), Site(2, "vilt", 1)]
        found.append(patch_sites(model, frames, reversed_clip(frames), sites, *way).recovery[0])
    rows = {line.split("|")[1].strip(): line.split("|")[2:] for line in result.stdout.splitlines()
            if line.startswith("|")}  # fmt: skip
    whole, head = 100 * np.mean(found, axis=0)
    assert float(rows["1 · shifted"][0]) == pytest.approx(whole, abs=0.06)
    assert float(rows["2 · vilt"][2]) == pytest.approx(head, abs=0.06)
    assert rows["1.shifted"][0].strip().startswith(f"{whole:.1f} (")


def test_groups_of_heads_together_are_those_heads_patched_at_once():
    model = sct.load("sct-motion", device="cpu").eval()
    frames = sct.preprocess(make_clip("pan left", 3).as_clip(), model.config.image_size)
    whole = Site(1, "shifted")
    found = patch_sites(model, frames, reversed_clip(frames), [whole], "pan left", "pan right")
    heads = [Site(1, "shifted", head) for head in range(6)]
    both = patching.together(model, frames, heads, found)
    assert both == pytest.approx(found.recovery[0, 0], abs=1e-4)


def test_a_mean_and_its_interval():
    assert patching.mean([0.1, 0.3]) == "20.0 (0.4 to 39.6)"
    assert patching.per_cent(-0.0001) == "0.0"
