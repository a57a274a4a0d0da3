"""The command `predict`, which says what a model sees in one video."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import click

from sct.cli import console, reading
from sct.cli import slide as sliding
from sct.cli.paths import PathType

if TYPE_CHECKING:
    from sct.checkpoint.certainty import Answer


@click.command()
@click.argument("clip", type=PathType())
@console.model_option
@console.number(
    "--top",
    click.IntRange(min=1),
    5,
    "How many labels to print, best first; more than the model has prints all.",
    "K",
)
@reading.start_option
@reading.stride_option
@reading.crop_option("views")
@reading.rate_option("--fps")
@click.option(
    "--slide",
    "slides",
    is_flag=True,
    help="Answer all along the video, from --start to its end, in at most 120 windows.",
)
@console.ablate_option
@console.device_option
@console.json_option
def predict(
    clip: str,
    name: str,
    top: int,
    start: float,
    stride: float,
    crop: Any,
    fps: float | None,
    slides: bool,
    ablate: str,
    device: str,
    as_json: bool,
) -> None:
    """Say what a model sees in the video CLIP.

    CLIP is anything that FFmpeg decodes, such as mp4, mov, m4v, avi, mkv, webm and gif, or a folder
    of numbered pictures such as img_00001.jpg. As many frames are taken as the model was made for,
    from --start on, one every --stride seconds. With --slide it is asked again and again, up to the
    end: --json then has every window with the probability of every label.

    \b
    Examples:
      python -m sct predict clip.mp4
      python -m sct predict clip.mp4 --start 2.5 --top 3
      python -m sct predict frames/ --fps 24
      python -m sct predict clip.mp4 --crop fit
      python -m sct predict clip.mp4 --slide
      python -m sct predict clip.mp4 --ablate 'shifted=off' --json
    """
    import torch

    from sct.checkpoint.certainty import answers
    from sct.checkpoint.io import read_card
    from sct.evaluation.views import over_views
    from sct.video.crop import CENTRE

    model, ablation = console.load(name, device, ablate)
    card = read_card(name)
    several = crop == "views"
    if several and slides:
        raise click.UsageError("--slide takes one crop, not views.")
    where = None if several else crop
    video, frames, facts = reading.read_frames(model, clip, start, stride, fps, where)
    of_crop = "" if crop == CENTRE else f", crop: {crop}"
    if slides:
        begun = time.perf_counter()
        given = {"start": start, "stride": stride, "fps": fps, "ablation": ablation, "crop": crop}
        slid = sliding.run(model, card, clip, video.duration_s, **given)
        if as_json:
            from sct.evaluation.slide import as_json as windows_of

            windows = windows_of(slid, slid.answers(card, model.config))
            seconds = round(time.perf_counter() - begun, 4)
            head = {"model": name, "device": str(model.device), "clip": facts}
            found = {"step": round(slid.step, 6), "windows": windows, "seconds": seconds}
            console.print_json({**head, **found})
            return
        console.say(
            f"{facts['path']}: {video.duration_s:.2f} s{of_crop}; {name}, ablation: {ablation}"
        )
        console.print_notices(video.notices)
        sliding.show(slid, card, model.config, video.duration_s)
        return
    began = time.perf_counter()
    if several:
        facts["crop"] = crop
        logits, embedding = over_views(model, video, ablation)
    else:
        with torch.inference_mode():
            output = model(frames, ablation)
        logits, embedding = output.logits[0].float().cpu(), output.embedding[0]
    forward_s = time.perf_counter() - began

    said = answers(card, ablation, model.config, logits, embedding)
    if as_json:
        rows = {
            one.question: {
                "predictions": [{"label": k, "probability": v} for k, v in _best(one, top).items()],
                "sure": one.judged.sure,
                "unlike": one.judged.unlike,
                "note": one.judged.sentence,
            }
            for one in said
        }
        console.print_json(
            {
                "model": name,
                "device": str(model.device),
                "clip": facts,
                **({"answers": rows} if model.config.questions else rows[""]),
                "seconds": {"decode": round(video.decode_s, 4), "forward": round(forward_s, 4)},
            }
        )
        return
    console.say(
        f"{facts['path']}: {video.width} x {video.height}, {video.duration_s:.2f} s, "
        f"{video.fps:.4g} frames a second; {len(video.frames)} frames used{of_crop}"
    )
    console.print_notices(video.notices)
    console.say(
        f"{name} on {model.device}, ablation: {ablation}; "
        f"decode {video.decode_s:.2f} s, forward {forward_s:.2f} s",
        "",
    )
    for one in said:
        if one.question:
            console.say(f"What does the {one.question} do?")
        console.print_shares(_best(one, top))
        if one.judged.sentence:
            console.say(f"  {one.judged.sentence}")


def _best(answer: Answer, top: int) -> dict[str, float]:
    """Return the likeliest labels of an answer and their probabilities, best first."""
    order = (-answer.probabilities).argsort(kind="stable")[:top]
    return {answer.labels[i]: float(answer.probabilities[i]) for i in order}
