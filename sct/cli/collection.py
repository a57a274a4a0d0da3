"""The command `collection`, which looks at all videos of a collection and writes a table."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sct.cli import console
from sct.cli.paths import Output, Source
from sct.validation import printable, short
from sct.video.strides import LEAST_STRIDE_S, MAX_STRIDE_S

if TYPE_CHECKING:
    from sct.collection.run import Done
    from sct.collection.sources import Collection, Item
    from sct.collection.store import Store

MOST_WORKERS, MOST_BATCH, MOST_ABLATIONS = 256, 512, 32
_SHOWN = 5  # videos that could not be read
_NAMED, _LETTERS = 10, 80  # labels, and letters of each


@click.command()
@click.argument("source", type=Source())
@click.option(
    "--out",
    required=True,
    type=Output(".parquet"),
    metavar="RUN.parquet",
    help="The table. While the run goes on its rows are kept in RUN.parquet.parts.",
)
@console.model_option
@click.option(
    "--ablate",
    "ablations",
    multiple=True,
    metavar="TEXT",
    help="A part to switch off, as for `predict`: each row then says by how much the answer's "
    "probability changes without it. May be given several times.",
)
@console.number(
    "--stride",
    click.FloatRange(LEAST_STRIDE_S, MAX_STRIDE_S),
    0.1,
    f"Seconds from one frame of a window to the next, {LEAST_STRIDE_S:g} to {MAX_STRIDE_S:g}.",
    "S",
)
@console.number(
    "--every",
    click.FloatRange(LEAST_STRIDE_S, 86400),
    None,
    f"Seconds from window to window, {LEAST_STRIDE_S:g} or more, in whole strides.  "
    "[default: windows touch]",
    "S",
)
@click.option(
    "--shots/--no-shots",
    default=True,
    show_default=True,
    help="Find cuts; no window reaches over one unless its shot is shorter than a window.",
)
@click.option(
    "--strips/--no-strips",
    default=True,
    show_default=True,
    help="Keep what the model saw, and arrows of motion, to be played on the page Collection: some "
    "15 KB a row.",
)
@click.option(
    "--map",
    "how",
    type=click.Choice(("pca", "umap")),
    default="pca",
    show_default=True,
    help="How embeddings are laid out on two axes; umap needs the package umap-learn.",
)
@click.option(
    "--workers",
    type=click.IntRange(0, MOST_WORKERS),
    metavar="N",
    help="Processes that decode; 0 does all in one process.  [default: half of the processors]",
)
@console.number(
    "--batch", click.IntRange(1, MOST_BATCH), 8, "Windows at a time; changes only the speed."
)
@click.option(
    "--ray",
    metavar="ADDRESS",
    help="Run on a Ray cluster instead, such as ray://head:10001 or auto; see docs/scale.md.",
)
@console.device_option
@console.json_option
def collection(
    source: str,
    out: str,
    name: str,
    ablations: tuple[str, ...],
    stride: float,
    every: float | None,
    shots: bool,
    strips: bool,
    how: str,
    workers: int | None,
    batch: int,
    ray: str | None,
    device: str,
    as_json: bool,
) -> None:
    """Look at every video of SOURCE, and write what the model says into one table.

    SOURCE is a folder, whose videos are found below it, a pattern in quotes such as
    'clips/**/*.mp4', or a list (.csv) with the column path and perhaps label, as `train` takes.
    Each video is cut into windows of as many frames as the model takes; each is a row of the table:
    answers and how sure they are, what motion each stage's attention shows and how that agrees with
    optical flow, what each --ablate changes, the embedding. A video that cannot be read is a row
    that says why.

    What was done is kept: after Ctrl-C, a crash or a kill the same command goes on where it
    stopped, and when all is done it does nothing unless SOURCE has more videos, or names other
    parts or labels of one, which is then looked at anew.

    \b
    Examples:
      python -m sct collection videos --out run.parquet
      python -m sct collection 'videos/**/*.mp4' --out run.parquet --ablate shifted=self --workers 4
      python -m sct collection labels.csv --out run.parquet --model runs/mine.safetensors
    """
    from sct.collection import embedding_map
    from sct.collection.looking import Look, Looker, as_asked
    from sct.collection.run import run
    from sct.collection.sources import find
    from sct.collection.store import Store
    from sct.collection.working import cores
    from sct.questions import questions_of
    from sct.training.lock import alone

    if len(ablations) > MOST_ABLATIONS:
        raise click.UsageError(f"--ablate may be given {MOST_ABLATIONS} times at most.")
    embedding_map.check(how)
    look = Look(name, ablations, stride, every, shots, strips, how)
    looker = Looker(look, device)
    found = find(source, questions_of(looker.model.config))
    header = looker.header(found.root)
    with alone(Path(out)):
        store = Store(Path(out), header, as_asked(look, header))
        before = len(store.files)
        left = store.left(found.items)
        if not as_json:
            _say_begin(found, left, store, before)
        if not left and store.done:
            _say_end(as_json, out, None, store)
            return
        with console.progress("Videos") as progress:
            given: dict[str, Any] = {"batch": batch, "progress": progress}
            if ray is not None:
                from sct.collection import on_ray

                done = on_ray.run(looker, left, store, address=ray, device=device, **given)
            else:
                workers = max(1, cores() // 2) if workers is None else workers
                done = run(looker, left, store, workers=workers, **given)
        _say_end(as_json, out, done, store)


def _say_begin(found: Collection, left: list[Item], store: Store, before: int) -> None:
    """Print what there is to do; `before` videos were kept before it was looked at what is left."""
    from sct.collection.store import counted

    def say(text: str) -> None:
        console.say(text, err=True)

    say(f"{counted(len(found.items), 'video')} in {found.root}")
    if before:
        say(f"Kept of a run before: {len(store.files):,}; left: {len(left):,}")
    if other := before - len(store.files):
        say(f"Looked at anew, as SOURCE says other things of them than before: {other:,}")
    for note in found.notes:
        say(note)
    if found.unknown:
        some = ", ".join(short(label, _LETTERS) for label in found.unknown[:_NAMED])
        more = len(found.unknown) - _NAMED
        more = f" and {more:,} more" if more > 0 else ""
        say(f"Looked at without a right label, as the model has none of that name: {some}{more}.")


def _say_end(as_json: bool, out: str, done: Done | None, store: Store) -> None:
    """Print what was done, and where the table is."""
    import pyarrow.parquet as pq

    from sct.collection.store import counted

    rows, videos = pq.read_metadata(out).num_rows, len(store.files)
    if as_json:
        console.print_json(
            {
                "out": out,
                "rows": rows,
                "videos": videos,
                "looked": {
                    "videos": done.videos if done else 0,
                    "windows": done.windows if done else 0,
                    "errors": done.errors if done else 0,
                    "seconds": round(done.seconds, 3) if done else 0.0,
                    "forward_s": round(done.forward_s, 3) if done else 0.0,
                    "clips_per_second": round(done.rate, 3) if done else 0.0,
                },
                "unreadable": [
                    {"path": path, "why": why} for path, why in (done.why if done else [])
                ],
            }
        )
        return
    held = f"{counted(rows, 'row')} of {counted(videos, 'video')}"
    if done is None:
        console.say(f"Nothing is left to do: {out} has {held}.")
        return
    console.say(
        f"{counted(done.windows, 'window')} of {counted(done.videos, 'video')} in "
        f"{done.seconds:.1f} s: {done.rate:.2f} a second"
    )
    if done.errors:
        console.say(f"{done.errors:,} could not be read, or not to their end:")
        for path, why in done.why[:_SHOWN]:
            console.say(f"  {printable(path)}: {why}")
        if done.errors > _SHOWN:
            console.say("  ...")
    console.say(f"{out}: {held}")
