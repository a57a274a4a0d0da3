"""The whole model beside other video transformers, the machine's limit and the first version."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import torch

import sct
from benchmarks.harness.rows import Comparison, Group, Limit, Row
from benchmarks.harness.timing import Contestant, Settings, Unavailable, Work, need
from benchmarks.speed.first import first_steps, our_steps
from sct.kernels.linear import linear
from sct.profiling.complexity import macs

TRANSFORMERS, LUCIDRAINS = "transformers", "timesformer-pytorch"
FAMILIES = {"TimeSformer-B": "Timesformer", "VideoMAE-B": "VideoMAE", "ViViT-B": "Vivit"}
Product = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
SIZE, CLASSES = 224, 400  # of all peers, as of sct_s
SIDE = 2048  # of the matrices whose product tells what the machine can do
BATCH = 24  # clips of a training step


def groups(settings: Settings) -> list[Group]:
    """Return the rows, those timed together in one list."""
    config, tiny = sct.SIZES["sct_s"], sct.SIZES["sct_ti"]
    small = Contestant("sct_s", partial(untrained, "sct_s"))
    name = f"sct_s, {config.frames} frames"
    needed = macs(config)
    times = max(1, round(needed / SIDE**3))

    def beside(peer: Contestant, target: float | None = None) -> Comparison:
        return Comparison(name, small, peer, faster=True, target=target)

    def products(of: str, product: Product, target: float | None = None) -> Comparison:
        return Comparison(
            name,
            small,
            Contestant(f"products of {of}", partial(matrix_products, times, product)),
            target=target,
            scale=needed / (times * SIDE**3),
            peer_name=f"{needed / 1e9:.1f} GMACs of {of}'s products",
            after=partial(say_rate, needed),
        )

    def peak(size: str, limit: Limit | None = None) -> Comparison:
        alone = Contestant(f"{size} alone", partial(untrained, size))
        target = 1.0 if limit else None
        return Comparison(f"peak memory, {size}", alone, limit, target=target, measure="total")

    low, full = (
        Contestant(name, partial(untrained, "sct_s", precision=precision))
        for name, precision in (("bfloat16", "bfloat16"), ("its float32", "float32"))
    )
    bfloat16 = Comparison("sct_s in bfloat16", low, full, faster=True, target=1.6, after=check_top5)
    warm = Comparison(
        "sct_ti prediction, warm",
        Contestant("sct-motion", shipped),
        Limit("60 ms", 0.060),
        target=1.0,
    )
    step = Comparison(
        f"training step of sct_ti, {BATCH} clips",
        Contestant("our steps", partial(our_steps, tiny, BATCH)),
        Contestant("the first version", partial(first_steps, tiny, BATCH)),
        faster=True,
        target=2.0,
    )
    return [
        [
            products("torch.mm", torch.mm, 1.6),
            # Where PyTorch's own products leave vector units idle, this is the machine's limit.
            products("sct.kernels.linear", linear),
            beside(hugging_face("TimeSformer-B", 8), 2.0),
            beside(hugging_face("VideoMAE-B", 16), 1.6),
            beside(hugging_face("ViViT-B", 32), 4.0),
            beside(Contestant(f"{LUCIDRAINS}, 8 frames", timesformer, LUCIDRAINS)),
        ],
        [bfloat16],
        [warm],
        [step],
        [peak("sct_ti"), peak("sct_s"), peak("sct_m"), peak("sct_l", Limit("6 GB", 6000))],
    ]


def say_rate(needed: int, row: Row, ours: Work, theirs: Work | None) -> None:
    row.note = f"products ran at {2 * needed / row.theirs / 1e9:.0f} GFLOP/s"


def check_top5(row: Row, ours: Work, theirs: Work | None) -> None:
    """Let the row be met only if both put the same five labels first."""
    low, full = (set(work().logits.topk(5).indices[0].tolist()) for work in (ours, theirs))
    row.met = row.met and low == full
    row.note = f"{len(low & full)} of the five first labels are the same"


# -- contestants -----------------------------------------------------------------------------------


def random_clips(config: sct.SCTConfig, settings: Settings, batch: int = 1) -> torch.Tensor:
    """Draw clips of all the frames that a model takes."""
    generator = torch.Generator().manual_seed(0)
    shape = (batch, config.frames, 3, config.image_size, config.image_size)
    return torch.randn(shape, generator=generator).to(settings.device)


def new_model(size: str, settings: Settings) -> sct.SCT:
    """Build an untrained model of a named size, always with the same weights."""
    torch.manual_seed(0)
    return sct.build(size).to(settings.device)


def forward(
    model: sct.SCT, settings: Settings, batch: int = 1, precision: str = "", **options: bool
) -> Work:
    """Make forward passes over random clips; `precision` is that of the settings if empty."""
    frames = random_clips(model.config, settings, batch)
    model.requires_grad_(False).eval()
    options["precision"] = precision or settings.precision
    return torch.inference_mode()(lambda: model(frames, **options))


def untrained(size: str, settings: Settings, **options) -> Work:
    """Make forward passes of a new model of a named size, with the options of `forward`.

    Raises:
        Unavailable: bfloat16 on a CPU that does not have it.
    """
    low = options.get("precision") == "bfloat16" and settings.device == "cpu"
    if low and not cpu_has_bfloat16():
        raise Unavailable("this CPU has no products in bfloat16")
    return forward(new_model(size, settings), settings, **options)


def shipped(settings: Settings, trace: bool = False) -> Work:
    """Make forward passes of the shipped model, a trained sct_ti."""
    return forward(sct.load(device=settings.device), settings, trace=trace)


def cpu_has_bfloat16() -> bool:
    """Say whether the CPU multiplies in bfloat16, and does not only imitate it."""
    return any(has for name, has in torch.cpu.get_capabilities().items() if "bf16" in name)


def matrix_products(times: int, product: Product, settings: Settings) -> Work:
    """Make products of square matrices, which are the fastest multiply-adds there are."""
    generator = torch.Generator().manual_seed(0)
    a, b = torch.randn(2, SIDE, SIDE, generator=generator).to(settings.device, settings.dtype)

    @torch.inference_mode()
    def work() -> None:
        for _ in range(times):
            product(a, b)

    return work


def hugging_face(name: str, frames: int, do: Callable[..., Work] | None = None) -> Contestant:
    """Return a video classifier of transformers in its base size, with random weights.

    Args:
        name: a key of `FAMILIES`.
        do: given (model, frames, settings), makes the work; by default it classifies one clip.
    """
    build = partial(_hugging_face, FAMILIES[name], frames, do or classify)
    return Contestant(f"{name}, {frames} frames", build, TRANSFORMERS)


def _hugging_face(family: str, frames: int, do: Callable[..., Work], settings: Settings) -> Work:
    transformers = need("transformers", TRANSFORMERS)
    config = getattr(transformers, f"{family}Config")(num_frames=frames, num_labels=CLASSES)
    with torch.device(settings.device):
        model = getattr(transformers, f"{family}ForVideoClassification")(config)
    return do(model, frames, settings)


def timesformer(settings: Settings) -> Work:
    """Make forward passes of TimeSformer in its base size, as timesformer-pytorch has it."""
    package = need("timesformer_pytorch", LUCIDRAINS)
    model = package.TimeSformer(
        dim=768, num_frames=8, num_classes=CLASSES, image_size=SIZE, patch_size=16, heads=12
    )
    return classify(model, 8, settings)


def classify(model: torch.nn.Module, frames: int, settings: Settings, batch: int = 1) -> Work:
    """Let a peer classify random clips of so many frames."""
    model.to(settings.device, settings.dtype).requires_grad_(False).eval()
    clips = torch.randn(batch, frames, 3, SIZE, SIZE).to(settings.device, settings.dtype)
    return torch.inference_mode()(lambda: model(clips))
