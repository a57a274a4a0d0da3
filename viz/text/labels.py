"""Words about heads, models and clips that pages and reports share; Markdown, of clips plain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sct.checkpoint.accepted import accepted
from sct.checkpoint.model_card import Measurement, measurement, motion_agreement
from sct.numbers import cut, signed
from sct.video.crop import CENTRE, Crop

if TYPE_CHECKING:
    from sct.model.config import SCTConfig
    from sct.model.trace import ShiftedTrace
    from sct.video.clip import Clip

GROUNDED, FREE = "◆", "○"


def mark(head: int | str, grounded: Sequence[int]) -> str:
    """Give the sign of a head's kind, or of both where a mean is over both."""
    if not grounded:
        return FREE
    if head == "mean":
        return GROUNDED + FREE
    return GROUNDED if head == "grounded" or head in grounded else FREE


def head_sentence(
    head: int | str,
    heads: int,
    grounded: Sequence[int],
    measured: dict[int, float] | None = None,
    own: tuple[str, dict[int, float]] | None = None,
) -> str:
    """Say which kind of head this is, what that means for what is seen, and how well it does.

    Args:
        measured: of each head, the correlation of its arrows with true motion.
        own: the same in the clip that is shown, and what that is held against; None if nobody asks.
    """
    if isinstance(head, int):
        meant = [head]
    else:
        meant = list(grounded) if head == "grounded" else list(range(heads))
    said = f"{_kind(head, heads, grounded)} {_measured(meant, measured or {})}"
    return said if own is None else f"{said} {_own(meant, *own)}"


def measured_heads(card: dict, stage: int) -> dict[int, float]:
    """Read from a model's card: head -> correlation of its displacement with true motion."""
    rows = motion_agreement(card, "synthetic")
    return {row.head: row.r[0] for row in rows if row.stage == stage and row.block == 0}


def motion_sentence(
    stage: int,
    heads: int,
    grounded: Sequence[int],
    measured: dict[int, float],
    own: tuple[str, dict[int, float]],
) -> str:
    """Say in short what arrows of a stage's heads show, and how far they are to be believed.

    Args:
        measured, own: as for `head_sentence`, but that `own` is known.
    """
    meant, who = (list(grounded), "grounded heads") if grounded else ([*range(heads)], "heads")
    here = _each(meant, own[1])
    here = f"agreement with {own[0]} here: {here}" if here else "too little moves here to check it"
    made = _each(meant, measured)
    made = f"; on made clips: {made}" if made else ""
    return f"How the {who} of stage {stage} saw each patch move, twice as long; {here}{made}."


def _measured(heads: list[int], measured: dict[int, float]) -> str:
    if not (said := _each(heads, measured)):
        return "How well it follows motion has not been measured for this model."
    return f"Measured on unseen made clips, correlation of its arrows with true motion: {said}."


def _own(heads: list[int], against: str, measured: dict[int, float]) -> str:
    if not (said := _each(heads, measured)):
        return "In this clip too little moves to say."
    return f"In this clip, with {against}: {said}."


def _each(heads: list[int], measured: dict[int, float]) -> str:
    known = [(h, signed(measured[h])) for h in heads if h in measured]
    if len(known) == 1:
        return f"r = {known[0][1]}"
    return ", ".join(f"head {h}: {r}" for h, r in known)


def _kind(head: int | str, heads: int, grounded: Sequence[int]) -> str:
    if not grounded:
        return f"{FREE} This stage has no grounded heads: nothing taught its maps to follow motion."
    listed = ", ".join(map(str, grounded))
    if head == "grounded":
        return (
            f"{GROUNDED} Mean of the **grounded** heads ({listed}), which were trained on made "
            "clips to look where the content came from."
        )
    if head == "mean":
        return (
            f"{GROUNDED}{FREE} Mean of all {heads} heads, of which {listed} are **grounded** "
            "(trained to follow motion) and the others **free**."
        )
    if head in grounded:
        return (
            f"{GROUNDED} Head {head} is **grounded**: it was trained on made clips to look where "
            "the content came from."
        )
    return (
        f"{FREE} Head {head} is **free**: only classification shaped it, and its map need not "
        "follow motion."
    )


def accuracy(card: dict, classes: int) -> str:
    """Say how often the model was measured to be right, from its card: on real clips, if it can."""
    if real := accepted(card):
        said = "; ".join(
            f"of {one.n} clips ({one.about}) for {round(one.both[0] * one.n)}" for one in real
        )
        return f"A person accepts all answers of this model about real videos {said}."
    made = measurement(card, "synthetic")
    if made is None:
        return "How often this model is right has not been measured."
    said = f"This model was right for {_share(made, 'unseen made clips')}"
    if over := measurement(card, "footage"):
        said += f" and {_share(over, 'camera motions over pictures of real videos')}"
    return f"{said}; guessing would be for {1 / classes:.1%}. Real videos can be harder."


def _share(measured: Measurement, of: str) -> str:
    share, low, high = map(cut, measured.top1)
    return f"{share} (95% interval {low} to {high}) of {measured.n:,} {of}"


def of_clip(clip: Clip, side: int, forward_s: float | None = None) -> list[tuple[str, str]]:
    """List what is known of a clip and of its frames, as names and values, plain text.

    Args:
        side: pixels a side of what the model sees.
        forward_s: seconds of one traced pass of the model; left out if None.
    """
    rows = [
        ("Name", clip.name),
        ("Truth", clip.truth or "not known"),
        ("Size", f"{clip.width} × {clip.height} pixels"),
        ("Rate", f"{clip.fps:.4g} frames a second"),
        ("Length", f"{clip.duration_s:.2f} s"),
        ("Coding", clip.codec),
        ("Frames used", f"{len(clip.frames)}, {clip.stride:g} s apart, from {clip.start:g} s"),
        ("The model sees", f"{_part(clip.crop)}, at {side} × {side} pixels"),
    ]
    if forward_s is not None:
        read = f"{clip.decode_s * 1000:.0f} ms to read the file, " if clip.from_file else ""
        rows.append(("Took", f"{read}{forward_s * 1000:.0f} ms for one traced pass of the model"))
    if clip.rotation:
        rows.append(("Turned", f"{clip.rotation}° clockwise, as the file asks"))
    return [*rows, *clip.credit, *(("Note", notice) for notice in clip.notices)]


def _part(crop: Crop) -> str:
    if crop.fit:
        return "the whole picture, squeezed"
    return "the middle square" if crop == CENTRE else f"the square {crop}"


def of_heads(
    seen: ShiftedTrace, card: dict, stage: int, own: tuple[str, dict[int, float]] | None = None
) -> dict[str, Any]:
    """Say what the player says of the heads of a stage of shifted attention, plain text.

    Args:
        own: as for `head_sentence`.

    Returns:
        "said": a sentence for each head and mean that can be chosen; "headNames": for each head a
        short "text" and a longer "title".
    """
    measured = measured_heads(card, stage)
    ids: list[int | str] = [*range(seen.heads), "mean"]
    if seen.grounded:
        ids.append("grounded")
    said = {
        str(i): head_sentence(i, seen.heads, seen.grounded, measured, own).replace("**", "")
        for i in ids
    }
    said["max"] = (
        f"The largest weight that any of the {seen.heads} heads gives to a patch. Such a map does "
        "not sum to 1; it shows what at least one head looks at."
    )
    kinds = ["grounded" if h in seen.grounded else "free" for h in range(seen.heads)]
    names = [
        {"text": f"{mark(h, seen.grounded)} {h} {kind}", "title": f"Head {h}, {kind}"}
        for h, kind in enumerate(kinds)
    ]
    return {"said": said, "headNames": names}


def limits(config: SCTConfig, card: Mapping[str, Any]) -> tuple[str, ...]:
    """Say what a model of this config cannot do, whatever it learned; sentences."""
    side, classes = config.image_size, config.num_classes
    if config.questions:
        asked = " and ".join(
            f"{len(labels)} answers about the {name}" for name, labels in config.questions
        )
        always = f"It has {asked}, and always gives one to each question"
    else:
        always = f"It has {classes} answers and always gives one of them"
    said = [
        f"{always}: it cannot say that a clip shows something else, or two of them at once.",
        f"It sees {config.frames} frames, and of each the middle square at {side} × {side} pixels. "
        "What lies between or outside of them it does not see, and it hears nothing.",
    ]
    if config.shifted_blocks:
        sees = "the whole frame"
        if config.shifted_window != "frame":
            each = enumerate((side // grid * config.chunk for grid in config.shifted_grids), 1)
            far = ", ".join(f"{pixels} pixels in stage {stage}" for stage, pixels in each)
            sees = f"the {config.chunk} × {config.chunk} patches of its own chunk ({far})"
        said.append(
            f"A patch finds its match in the frame before only within {sees}; what moves "
            "farther from one frame to the next, or across that border, is lost to shifted "
            "attention."
        )
    calibrated = isinstance(card.get("calibration"), dict)
    said.append(
        "It says where its answers are not sure, by figures measured on clips of the kinds that it "
        "learned from: on others a sure answer can be wrong."
        if calibrated
        else "It says how likely it finds each class, not how sure that figure is: on clips unlike "
        "those that it learned from it can be wrong and sound certain."
    )
    return tuple(said)
