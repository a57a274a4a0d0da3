"""One visit in a fresh process: what a person waits for, in seconds, as JSON.

    python -m benchmarks.speed.visit VIDEO THREADS DEVICE

Of what the app does it leaves out the browser and the figures.
"""

from __future__ import annotations

import json
import sys
import time


def main() -> None:
    video, threads, device = sys.argv[1], int(sys.argv[2]), sys.argv[3]
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
    print(json.dumps(seconds))


if __name__ == "__main__":
    main()
