"""Train and evaluate on made motion clips."""

from __future__ import annotations

import copy
import csv
import math
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
import torch.nn.functional as F

from sct import motion
from sct.ablation import Ablation
from sct.grounding import grounding_loss
from sct.model import SCT, build
from sct.video import normalise

EVALUATION_SEED = 1 << 40  # made clips from here on are for measuring; training stays below


@dataclass(frozen=True)
class TrainConfig:
    """One training run, saved with its weights.

    Clips of the first `short_share` of the steps have `short_frames` frames, which halves their
    cost while the heads learn to match; the others have all frames.
    """

    size: str = "sct_ti"
    steps: int = 1500
    batch: int = 32
    lr: float = 2e-3
    weight_decay: float = 0.05
    warmup: float = 0.1
    grounded: bool = True
    grounding_weight: float = 0.5
    short_frames: int = 4
    short_share: float = 0.6
    label_smoothing: float = 0.05
    clip_gradient: float = 0.5
    ema: float = 0.998
    seed: int = 0
    device: str = "cpu"
    save_every: int = 100

    def __post_init__(self) -> None:
        for name in ("steps", "batch", "short_frames", "save_every"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name}={getattr(self, name)}: must be 1 or more")
        for name in ("lr", "clip_gradient"):
            if not 0 < getattr(self, name) < math.inf:
                raise ValueError(f"{name}={getattr(self, name)}: must be above 0")
        for name in ("warmup", "short_share", "label_smoothing"):
            if not 0 <= getattr(self, name) < 1:
                raise ValueError(f"{name}={getattr(self, name)}: must be from 0 to below 1")

    def learning_rate(self, step: int) -> float:
        """Linear warm-up, then half a cosine down to a hundredth."""
        rise = max(1, round(self.warmup * self.steps))
        if step < rise:
            return self.lr * (step + 1) / rise
        fall = (step - rise) / max(1, self.steps - rise)
        return self.lr * (0.01 + 0.99 * (1 + math.cos(math.pi * fall)) / 2)


def new_model(config: TrainConfig) -> SCT:
    """The untrained model of a run: half of the heads of each shifted layer are grounded."""
    torch.manual_seed(config.seed)
    model = build(config.size, num_classes=len(motion.LABELS), labels=motion.LABELS)
    if not config.grounded:
        return model
    heads = tuple(tuple(range(h // 2)) for h in model.config.shifted_heads)
    torch.manual_seed(config.seed)
    return build(
        config.size, num_classes=len(motion.LABELS), labels=motion.LABELS, grounded_heads=heads
    )


def train(
    config: TrainConfig,
    out: str | Path,
    progress: Callable[[int, int, dict[str, float]], None] | None = None,
    model: SCT | None = None,
) -> dict[str, object]:
    """Train on endless made clips; writes OUT.safetensors, OUT.json (the card) and OUT.csv.

    Args:
        config: the run.
        out: path of the checkpoint, with or without .safetensors.
        progress: called after each step with (steps done, steps, running figures).
        model: weights to start from instead of new ones.

    Returns:
        The card. Ctrl-C saves what there is and raises KeyboardInterrupt.
    """
    from sct import weights

    out = Path(out).with_suffix("")
    out.parent.mkdir(parents=True, exist_ok=True)
    device = weights.pick_device(config.device)
    model = (model or new_model(config)).to(device).requires_grad_().train()
    decay = [p for p in model.parameters() if p.ndim > 1]
    plain = [p for p in model.parameters() if p.ndim <= 1]
    groups = [
        {"params": decay, "weight_decay": config.weight_decay},
        {"params": plain, "weight_decay": 0.0},
    ]
    optimizer = torch.optim.AdamW(groups, lr=config.lr, betas=(0.9, 0.99))
    started, figures, done = time.perf_counter(), {}, 0
    average = copy.deepcopy(model)
    with open(out.with_suffix(".csv"), "w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["step", "clips", "loss", "grounding", "accuracy", "lr", "seconds"])
        try:
            for step in range(config.steps):
                figures = _step(model, optimizer, config, step, device, figures)
                done = step + 1
                _follow(average, model, min(config.ema, done / (done + 9)))
                seconds = time.perf_counter() - started
                if done % 10 == 0 or done == config.steps:
                    row = [figures[k] for k in ("loss", "grounding", "accuracy", "lr")]
                    table.writerow([done, done * config.batch, *row, round(seconds, 1)])
                    file.flush()
                if progress:
                    speed = done * config.batch / seconds
                    progress(done, config.steps, {**figures, "clips_per_s": speed})
                if done % config.save_every == 0 and done < config.steps:
                    weights.save(average, out, _card(config, done, started, figures))
                    weights.save(model, f"{out}-raw", {})
        finally:
            card = _card(config, done, started, figures)
            if done:  # a run that fails at once must not replace an older checkpoint
                weights.save(average, out, card)
                weights.save(model, f"{out}-raw", {})
    return card


@torch.no_grad()
def _follow(average: SCT, model: SCT, decay: float) -> None:
    """Move the average weights, which are what is kept, towards those that learn."""
    for mean, value in zip(average.parameters(), model.parameters(), strict=True):
        mean.lerp_(value, 1 - decay)


def _step(model, optimizer, config, step, device, figures) -> dict[str, float]:
    lr = config.learning_rate(step)
    for group in optimizer.param_groups:
        group["lr"] = lr
    short = step < config.short_share * config.steps
    frames = min(config.short_frames, model.config.frames) if short else model.config.frames
    batch = motion.make_batch(
        config.batch,
        seed=(config.seed << 24) + step,
        frames=frames,
        size=model.config.image_size,
        device=device,
    )
    # Other rotations every step, so that nothing is learned about one of them.
    ablation = Ablation(seed=step)
    output = model(normalise(batch.frames), ablation, trace=config.grounded)
    loss = F.cross_entropy(output.logits, batch.labels, label_smoothing=config.label_smoothing)
    grounding = torch.zeros((), device=device)
    if config.grounded:
        grounding = grounding_loss(output.trace, batch)
    optimizer.zero_grad(set_to_none=True)
    (loss + config.grounding_weight * grounding).backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), config.clip_gradient)
    optimizer.step()
    right = (output.logits.argmax(1) == batch.labels).float().mean()
    new = {"loss": loss, "grounding": grounding, "accuracy": right}
    new = {name: float(value.detach()) for name, value in new.items()}
    if figures:  # running means over about 20 steps
        new = {name: 0.95 * figures[name] + 0.05 * value for name, value in new.items()}
    return {**new, "lr": lr}


def _card(config, done, started, figures) -> dict[str, object]:
    return {
        "data": "made motion clips (sct.motion)",
        "training": asdict(config),
        "steps": done,
        "clips": done * config.batch,
        "seconds": round(time.perf_counter() - started, 1),
        "training_accuracy": round(figures.get("accuracy", 0.0), 4),
        "torch": torch.__version__,
    }


def wilson(right: int, n: int) -> tuple[float, float]:
    """The 95% interval of a share after Wilson (1927)."""
    if not n:
        return 0.0, 1.0
    z, p = 1.959964, right / n
    middle, spread = p + z * z / (2 * n), z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    scale = 1 + z * z / n
    return max(0.0, (middle - spread) / scale), min(1.0, (middle + spread) / scale)


@torch.inference_mode()
def evaluate(
    model: SCT,
    *,
    data: str = "motion",
    limit: int = 1000,
    seed: int = 0,
    ablation: Ablation | None = None,
    batch: int = 25,
    progress: Callable[[int, int], None] | None = None,
) -> dict[str, object]:
    """Accuracy on made clips that no training sees.

    Args:
        model: a model with the motion labels.
        data: "motion".
        limit: clips.
        seed: another set of clips; one seed gives the same clips always.
        ablation: measured under this.
        progress: called with (clips done, clips).

    Returns:
        n, top1, top1_ci95 (Wilson), top5, per_class {label: top1}.

    Raises:
        ValueError: unknown data, a limit below 1, or a model with other labels.
    """
    if data != "motion":
        raise ValueError(f"data {data!r}: allowed: motion")
    if limit < 1:
        raise ValueError(f"limit {limit}: must be 1 or more")
    if model.config.labels != motion.LABELS:
        raise ValueError("data motion: this model has other labels than the motion clips")
    counts = {label: [0, 0] for label in motion.LABELS}
    top5 = done = 0
    model.eval()
    while done < limit:
        made = motion.make_batch(
            [(done + i) % len(motion.LABELS) for i in range(min(batch, limit - done))],
            seed=EVALUATION_SEED + (seed << 20) + done,
            frames=model.config.frames,
            size=model.config.image_size,
            device=model.device,
        )
        best = model(normalise(made.frames), ablation).logits.topk(5).indices
        hits = best == made.labels[:, None]
        top5 += int(hits.sum())
        for label, hit in zip(made.labels.tolist(), hits[:, 0].tolist(), strict=True):
            counts[motion.LABELS[label]][0] += 1
            counts[motion.LABELS[label]][1] += hit
        done += len(made)
        if progress:
            progress(done, limit)
    right = sum(r for _, r in counts.values())
    return {
        "n": done,
        "top1": right / done,
        "top1_ci95": list(wilson(right, done)),
        "top5": top5 / done,
        "per_class": {label: r / n for label, (n, r) in counts.items() if n},
    }


def certify(
    path: str | Path,
    *,
    limit: int = 1000,
    clips: int = 90,
    device: str = "auto",
    progress: Callable[[int, int], None] | None = None,
) -> dict[str, object]:
    """Measure a motion checkpoint on clips that it never saw and write the figures into its card.

    Adds `measured` (see `evaluate`) and `attention_follows_motion` (see `sct.flow`), each with
    what makes it. Returns the card.
    """
    from sct import flow, weights

    path = Path(path).with_suffix(".safetensors")
    model, card = weights.load_with_card(path, device)
    result = evaluate(model, limit=limit, progress=progress)
    card["measured"] = {
        "command": f"python -m sct evaluate --data motion --model {path.stem} --limit {limit}",
        **result,
    }
    card["attention_follows_motion"] = {
        "how": f"sct.flow.head_correlations(model, clips={clips})",
        "heads": flow.head_correlations(model, clips=clips),
    }
    weights.save(model, path, card)
    return card
