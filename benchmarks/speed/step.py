"""Training steps of whichever `sct` is first on the path; a line of input makes one.

    PYTHONPATH=DIR python -P benchmarks/speed/step.py '{"config": {...}, "batch": 24, ...}'

A script of its own, without the other benchmarks, so that two versions of `sct` can be timed side
by side, each in a process of its own; it only uses what the first version has, too. It answers
"ready", and then "done" to each line.
"""

from __future__ import annotations

import json
import sys
from contextlib import suppress


def main() -> None:
    import torch
    import torch.nn.functional as F

    import sct

    with suppress(ImportError):  # of versions that have it, as in their `train`
        from sct.kernels import allocator

        allocator.keep()
    given = json.loads(sys.argv[1])
    device = given["device"]
    torch.set_num_threads(given["threads"])
    torch.manual_seed(0)
    config = sct.SCTConfig.from_dict(given["config"])
    model = sct.SCT(config).to(device).train()
    shape = (given["batch"], config.frames, 3, config.image_size, config.image_size)
    frames = torch.randn(shape, device=device)
    labels = torch.randint(config.num_classes, shape[:1], device=device)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4)

    print("ready", flush=True)
    for _ in sys.stdin:
        with torch.autocast(device, torch.bfloat16, enabled=device == "cuda"):
            logits = model(frames).logits
        optimizer.zero_grad(set_to_none=True)
        F.cross_entropy(logits, labels).backward()
        optimizer.step()
        if device == "cuda":
            torch.cuda.synchronize()
        print("done", flush=True)


if __name__ == "__main__":
    main()
