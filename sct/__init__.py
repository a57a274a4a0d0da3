"""Shifted Chunk Transformer: a video transformer that can say where it looked.

model = sct.load()
clip = sct.read_clip("walk.mp4")
output = model(sct.preprocess(clip, model.config.image_size), trace=True)
"""

from sct.lazy import lazy_names

__version__ = "0.1.0"

__getattr__, __all__ = lazy_names(
    __name__,
    {
        "model.ablation": "Ablation",
        "model.config": "SCTConfig SIZES",
        "synthetic.spec": "ClipSpec",
        "model.sct": "SCT Output build",
        "model.trace": "Trace",
        "video.clip": "Clip read_clip preprocess",
        "checkpoint.io": "load load_with_card list_models",
        "errors": "SCTError ClipError ModelError",
    },
)
