"""Export of a model as a graph that other programs run: ONNX, or PyTorch's own .pt2."""

from __future__ import annotations

import io
import json
import logging
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from torch import Tensor, nn

from sct.checkpoint.io import replace_files
from sct.errors import ModelError
from sct.model.ablation import Ablation
from sct.model.sct import SCT
from sct.validation import ARGUMENT, check_choice, check_whole
from sct.video.clip import MEAN, STD

Graph = tuple[bytes, Callable[[Tensor], Tensor] | None]


class _Logits(nn.Module):
    """A model as a function of frames alone, in float32 and with its ablation fixed."""

    def __init__(self, model: SCT, ablation: Ablation):
        super().__init__()
        self.model, self.ablation = model, ablation

    def forward(self, frames: Tensor) -> Tensor:
        return self.model(frames, self.ablation, precision="float32").logits


def export(
    model: SCT,
    path: str | Path,
    format: str,
    *,
    ablation: Ablation | None = None,
    frames: int | None = None,
    size: int | None = None,
    batch: int = 1,
) -> float | None:
    """Write a model as a graph with one input, `frames`, and one output, `logits`.

    The shape of the input is fixed. What it takes to use the graph lies in it as text: `labels`,
    `mean` and `std` (JSON lists) and `ablation`, in an ONNX file as metadata, in a .pt2 file as
    the extra file "sct.json".

    Args:
        model: on any device; the graph is made on the CPU, of a copy.
        path: the file to write, complete or not at all.
        format: "onnx" or "pt2" (`torch.export.load`).
        ablation: what to switch off or change in the graph.
        frames: of a clip, and `size`, its side in pixels; those of the config if None.
        batch: clips at a time.

    Returns:
        The largest difference of a logit from the model's, on a clip of random numbers; None for
        an ONNX file where onnxruntime is not installed.

    Raises:
        ModelError: a package that writes ONNX files is not installed.
        ValueError: another format, or a shape or ablation that the model does not take.
        OSError: the file cannot be written.
    """
    check_choice("format", format, _WRITERS, ARGUMENT)
    check_whole("batch", batch, 1)
    config, ablation = model.config, ablation or Ablation()
    shape = batch, frames or config.frames, 3, *(size or config.image_size,) * 2
    clip = torch.randn(shape, generator=torch.Generator().manual_seed(0))
    plain = SCT(config).eval()
    plain.load_state_dict(model.state_dict())
    with torch.no_grad(), _quiet():
        expected = plain(clip, ablation, precision="float32").logits  # first: it says what is wrong
        exported = torch.export.export(_Logits(plain, ablation), (clip,))
        about = {
            "labels": json.dumps(config.labels),
            "mean": json.dumps(MEAN),
            "std": json.dumps(STD),
            "ablation": str(ablation),
        }
        data, run = _WRITERS[format](exported, about)
        worst = None if run is None else float((run(clip) - expected).abs().max())
    replace_files({Path(path): data})
    return worst


def _pt2(exported: torch.export.ExportedProgram, about: dict[str, str]) -> Graph:
    file = io.BytesIO()
    torch.export.save(exported, file, extra_files={"sct.json": json.dumps(about)})
    file.seek(0)
    return file.getvalue(), torch.export.load(file).module()


def _onnx(exported: torch.export.ExportedProgram, about: dict[str, str]) -> Graph:
    try:
        import onnxscript  # noqa: F401 (PyTorch writes ONNX files by it)
    except ImportError:
        raise ModelError(
            "ONNX files are written by the packages onnx and onnxscript, which are not installed: "
            "pip install onnx onnxscript, or take the format pt2."
        ) from None
    program = torch.onnx.export(
        exported, input_names=["frames"], output_names=["logits"], verbose=False
    )
    program.model.metadata_props.update(about)
    data = program.model_proto.SerializeToString()
    try:
        from onnxruntime import InferenceSession
    except ImportError:
        return data, None
    session = InferenceSession(data, providers=["CPUExecutionProvider"])
    return data, lambda clip: torch.from_numpy(session.run(None, {"frames": clip.numpy()})[0])


_WRITERS = {"onnx": _onnx, "pt2": _pt2}


@contextmanager
def _quiet() -> Iterator[None]:
    """Silence what the exporters say of their own steps; errors are raised all the same."""
    names = ("torch.onnx", "torch.export", "onnxscript", "onnx_ir")
    before = {name: logging.getLogger(name).level for name in names}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            for name in names:
                logging.getLogger(name).setLevel(logging.ERROR)
            yield
        finally:
            for name, level in before.items():
                logging.getLogger(name).setLevel(level)
