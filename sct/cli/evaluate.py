"""The command `evaluate`, which measures accuracy on clips that a model was not trained on."""

import re
from pathlib import Path
from typing import Any

import click

from sct.cli import accepted, console
from sct.cli.guests import guest
from sct.cli.options import declared, option_of, with_options
from sct.cli.paths import Output, Source
from sct.datasets.options import AS_TRAINED, EvaluationOptions, as_trained_on
from sct.numbers import cut

MOST_GROUPS = 40  # shown in the table; --json has all
_FIELDS = declared(EvaluationOptions)
_HELP = {
    "test_share": "Share of the videos that is the test where the data has no split of its own.",
    "sampling": "Frames over all of a video, or --stride-s apart.",
}


def _views(ctx: click.Context, param: click.Parameter, value: str) -> tuple[int, int]:
    found = re.fullmatch(r"(\d{1,3})x(\d{1,3})", value)
    if not found:
        raise click.BadParameter(
            f"{value!r}: expected times x squares, as in 4x3.", ctx=ctx, param=param
        )
    return int(found[1]), int(found[2])


@click.command()
@click.option(
    "--data",
    required=True,
    type=Source(),
    metavar="WHAT",
    help="What to test on. motion, composite: made clips whose truth is known. footage:DIR: camera "
    "motions over still pictures of the real videos in DIR; footage-moving:DIR[=LABEL][,DIR...]: "
    "over the videos as they move. accepted:FILE.tsv: what a person accepts for parts of videos. "
    "Or videos: a folder of class folders, a .csv "
    "or .txt list (path,label[,split][,group][,start,end][,left,top,right,bottom]), a .zip of "
    "either, ucf101:DIR, "
    "hmdb51:DIR, kinetics:FILE.csv, ssv2:DIR.",
)
@console.model_option
@console.ablate_option
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    metavar="N",
    help="Most clips.  [default: 1000 of motion, 900 of footage, 500 with --flow, else all]",
)
@console.number(
    "--seed",
    click.IntRange(min=0),
    0,
    "Picks the set of clips; one seed gives the same clips always.",
)
@click.option(
    "--flow",
    is_flag=True,
    help="Measure, in place of accuracy, how well each head of shifted attention follows the true "
    "motion: motion and footage only.",
)
@click.option(
    "--views",
    default="1x1",
    show_default=True,
    metavar="TxS",
    callback=_views,
    help="Of each video: times x squares, averaged; the paper's are 4x3.",
)
@click.option(
    "--confusion",
    type=Output(".png"),  # looked at before the measuring, which may take an hour
    metavar="OUT.png",
    help="Draw which labels are taken for which.",
)
@option_of(_FIELDS["split"])
@with_options(
    [
        option_of(_FIELDS[name], f"{_HELP.get(name, _FIELDS[name].metadata['help'])} *", unset=True)
        for name in AS_TRAINED
    ]
)
@console.number("--batch", click.IntRange(1, 4096), 24, "Clips at a time; changes only the speed.")
@console.device_option
@console.json_option
def evaluate(
    data: str,
    name: str,
    ablate: str,
    limit: int | None,
    seed: int,
    flow: bool,
    views: tuple[int, int],
    confusion: str | None,
    split: str,
    batch: int,
    device: str,
    as_json: bool,
    **asked: Any,
) -> None:
    """Measure a model on clips that it was not trained on.

    Prints top-1 accuracy with its 95% interval (Wilson), top-5 accuracy, and the top-1 of each
    label; with --flow, whether attention follows motion. Labels of model and data are matched by
    name.

    Options marked * are by default as in the model's training on videos. A model that was trained
    without some part is measured without it, unless --ablate says otherwise.

    \b
    Examples:
      python -m sct evaluate --data motion
      python -m sct evaluate --data motion --limit 200 --ablate 'shifted=self'
      python -m sct evaluate --data footage:videos --confusion confusion.png
      python -m sct evaluate --data motion --flow
      python -m sct evaluate --data gestures.csv --model runs/mine.safetensors --views 4x3
    """
    from sct.datasets import archive
    from sct.evaluation import accuracy
    from sct.evaluation.motion_agreement import attention_flow
    from sct.evaluation.open import is_synthetic

    if flow and not is_synthetic(data):
        raise click.UsageError(
            f"--flow needs clips whose motion is known: motion or footage:DIR, not {data!r}."
        )
    if data.startswith(accepted.PREFIX):
        accepted.check_options()
    if flow and confusion:
        raise click.UsageError("--flow measures no labels, so there is no --confusion to draw.")
    save_confusion = guest("confusion") if confusion else None
    if confusion and not save_confusion:
        raise click.UsageError("--confusion draws with the package viz, which is not installed.")
    model, card, ablation, as_trained = console.load_as_trained(name, device, ablate)
    if data.startswith(accepted.PREFIX):
        from sct.evaluation.accepted import evaluate_accepted

        found = evaluate_accepted(model, data.removeprefix(accepted.PREFIX), card, ablation, limit)
        facts = {"model": name, "ablation": str(ablation)}
        accepted.show(found, facts, _certainty(found), as_json)
        return
    as_it_was = str(ablation) == card.get("trained_with", "none")
    facts = {"model": name, "data": data, "ablation": str(ablation), "as_trained": as_trained}
    common = {"seed": seed, "ablation": ablation}
    with console.progress("clips") as progress:
        if flow:
            found = attention_flow(model, data, limit=limit or 500, progress=progress, **common)
        else:
            options = as_trained_on(card, asked, views=views, split=split)
            with archive.opened_if_zip(data, options) as clips:
                found = accuracy.evaluate(
                    model,
                    clips,
                    limit=limit,
                    batch=batch,
                    options=options,
                    progress=progress,
                    sure_from=_thresholds(model, card) if as_it_was else {},
                    **common,
                )
    if save_confusion and "questions" in found:
        raise ValueError("--confusion draws one question; this model answers several.")
    if save_confusion:
        title = f"{Path(name).stem} on {_what(data, found['n'])}: {cut(found['top1'])} right"
        save_confusion(found, confusion, title)
    if as_json:
        console.print_json({**facts, **found})
        return
    trained = ", as it was trained" if as_trained else ""
    console.say(f"{name} on {_what(data, found['n'])}, ablation: {ablation}{trained}", "")
    (_print_flow if flow else _print_accuracy)(found)


def _thresholds(model: Any, card: dict[str, Any]) -> dict[str, float | None]:
    from sct.checkpoint.certainty import sure_from
    from sct.questions import questions_of

    return {one.name: sure_from(card, one.name) for one in questions_of(model.config)}


def _what(data: str, n: int) -> str:
    from sct.video.sources import clean_name

    return f"{n:,} clips of {clean_name(data)}"


def _line(name: str, result: dict[str, Any]) -> str:
    ends = console.interval(result["top1_ci95"])
    return f"  {name}  {cut(result['top1']):>6}  (95% interval {ends})"


def _print_accuracy(found: dict[str, Any]) -> None:
    questions = found.get("questions", {"": found})
    if "questions" in found:
        console.say(_line("all answers right", found))
    for name, one in questions.items():
        if name:
            console.say("", f"What does the {name} do?  ({one['n']:,} clips whose answer is known)")
        _print_question(one)
    for note in found.get("notes", ()):
        console.say("", f"  {note}")
    if found["labels_left_out"]:
        console.say("", f"  {console.left_out(found['labels_left_out'])}")
    if found.get("unreadable"):
        files = found["unreadable"]
        console.say(
            "",
            f"  Left out, as they are no clips or could not be read: {len(files)}, such as",
        )
        for file in files[:3]:
            console.say(f"    {file['path']}: {file['why']}")
    for name, one in questions.items():
        console.say(*(["", name] if name else [""]))
        _print_shares("label", one["per_class"])
        if 1 < len(one.get("per_group", {})) <= MOST_GROUPS:
            console.say()
            _print_shares("from", one["per_group"])


def _print_question(found: dict[str, Any]) -> None:
    chance = f"  chance {found['chance']:.1%}, always the most frequent {found['majority']:.1%}"
    console.say(_line("top-1", found) + chance)
    console.say(f"  top-5  {cut(found['top5']):>6}")
    console.say(_certainty(found))
    only = found["restricted"]
    if len(only["labels"]) < len(found["labels"]):
        count = len(only["labels"])
        console.say(f"{_line('top-1', only)}  if only the {count} labels were allowed")


def _certainty(found: dict[str, Any]) -> str:
    """Say how far the probabilities can be relied on."""
    known = found["certainty"]
    said = f"  calibration error {known['calibration_error']:.3f}"
    if known.get("right_if_sure") is not None:
        ends = console.interval(known["right_if_sure_ci95"])
        right = cut(known["right_if_sure"])
        said += f"; sure {cut(known['sure'])}, of which right {right} ({ends})"
    return said


def _print_shares(title: str, rows: dict[str, dict[str, Any]]) -> None:
    table = [[f"  {title}", "clips", "top-1", "95% interval", ""]]
    for name, row in rows.items():
        share, ends = cut(row["top1"]), console.interval(row["ci95"])
        bar = console.bar(row["top1"])
        table.append([f"  {name}", f"{row['n']:,}", share, ends, bar])
    console.print_table(table)


def _print_flow(found: dict[str, Any]) -> None:
    titles = "  stage|block|head|kind|chance|r|95% interval|r, all valid|r, all|within 30°"
    for how, key in (("mean displacement", None), ("peak of the map", "peak")):
        console.say(f"{how}:")
        table = [[*titles.split("|"), "95% interval", "gain", ""]]
        for head in found["heads"]:
            row = head[key] if key else head
            within, near = "-", "-"
            if row["direction"] is not None:
                within, near = cut(row["direction"]), console.interval(row["direction_ci95"])
            table.append(
                [
                    f"  {head['stage']}",
                    str(head["block"]),
                    str(head["head"]),
                    "grounded" if head["grounded"] else "free",
                    f"{head['chance']:.3f}",
                    f"{row['correlation']:.3f}",
                    console.interval(row["correlation_ci95"], ".3f"),
                    f"{row['correlation_all_valid']:.3f}",
                    f"{row['correlation_all']:.3f}",
                    within,
                    near,
                    "-" if row["gain"] is None else f"{row['gain']:.2f}",
                    "",
                ]
            )
        console.print_table(table)
        console.say()
    text = (
        "r: correlation of displacement and true motion over the tokens that count; all valid: "
        "and over those whose source is outside the window; all: over every token; chance: r of "
        "attention that is even over the window. gain: displacement for each unit of motion. "
        f"What counts: {found['tokens']}."
    )
    console.print_wrapped(text)
