"""One visit, as a new process has it: it imports nothing heavy before its clock runs."""

from __future__ import annotations

import time


def visit(video: str, threads: int, device: str) -> dict[str, float]:
    """Measure the seconds of each part of a visit; the browser and the figures are left out."""
    began, seconds = time.perf_counter(), {}
    last = began

    def lap(name: str) -> None:
        nonlocal last
        now = time.perf_counter()
        seconds[name], last = now - last, now

    import torch

    import sct

    load, read_clip, preprocess = sct.load, sct.read_clip, sct.preprocess  # imported on demand
    lap("import")
    torch.set_num_threads(threads)
    model = load(device=device)
    lap("load")
    clip = read_clip(video, frames=model.config.frames)
    lap("read")
    frames = preprocess(clip, model.config.image_size).to(device)
    lap("preprocess")
    with torch.inference_mode():
        for name in ("first", "warm"):
            model(frames, trace=True).logits.cpu()  # .cpu waits for a GPU
            lap(name)
    seconds["all"] = last - began - seconds["warm"]
    return seconds
