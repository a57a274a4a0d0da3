"""Writes made runs over collections: any number of rows, quickly, with or without strips."""

from pathlib import Path

import cv2
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from sct.collection.schema import Header, Question, schema_of
from sct.synthetic.composite import QUESTIONS

ROWS_A_GROUP = 2000
SIDE, GRID = 112, 7


def header_of(root="/nowhere", model="sct-scene", **more):
    asked = tuple(Question(name, tuple(labels)) for name, labels in QUESTIONS)
    given = {
        **{"model": model, "weights": "0" * 64, "root": str(root), "frames": 8, "stride": 0.1},
        **{"every": 0.8, "image_size": SIDE, "questions": asked, "ablations": ("shifted=self",)},
        **{"stages": (1, 2, 3), "grids": (28, 14, GRID), "width": 96},
    }
    return Header(**{**given, **more})


def labels_of(header, rows, seed=0, sharp=1.0):
    """The made probabilities of each question: {name: (row, label)}, and the classes they mean."""
    rng, found = np.random.default_rng(seed), {}
    for one in header.questions:
        n = len(one.labels)
        meant = rng.integers(0, n, rows)
        logits = rng.normal(0, 1, (rows, n)) * 0.9
        logits[np.arange(rows), meant] += rng.gamma(3.0, 1.2, rows) * sharp
        p = np.exp(logits - logits.max(1, keepdims=True))
        found[one.name] = (p / p.sum(1, keepdims=True)).astype(np.float32), meant
    return found


def table(header, rows, files=None, seed=0, strips=None, bad=0, known=True, sharp=1.0):
    """A table of `rows` windows and `bad` files that could not be read.

    Args:
        files: name of each row's file; made up if None, ten windows each.
        strips: (strip, arrows) of each row, in turn; none if None.
        sharp: how sure the answers are.
    """
    rng, schema = np.random.default_rng(seed + 1), schema_of(header)
    if files is None:
        files = [f"shoot {i // 1000:03d}/take_{i // 10:06d}.mp4" for i in range(rows)]
        window = np.arange(rows) % 10
    else:
        seen, window = {}, []
        for file in files:
            window.append(seen.get(file, 0))
            seen[file] = window[-1] + 1
        window = np.array(window)
    start = window * header.every
    columns = {
        "file": list(files),
        "window": window.astype(np.int32),
        "shot": (window // 4).astype(np.int32),
        "start_s": start,
        "end_s": start + header.frames * header.stride,
        "crosses_cut": rng.random(rows) < 0.03,
        "width": np.full(rows, 640, np.int32),
        "height": np.full(rows, 360, np.int32),
        "fps": np.full(rows, 25, np.float32),
        "duration_s": np.full(rows, 8.0),
        "codec": ["h264"] * rows,
        "held": np.zeros(rows, np.int32),
    }
    made = labels_of(header, rows, seed, sharp)
    for one in header.questions:
        p, meant = made[one.name]
        best, top = p.argmax(1), p.max(1)
        entropy = -(p * np.log2(np.maximum(p, 1e-9))).sum(1)
        columns[one.column("label")] = pa.DictionaryArray.from_arrays(
            pa.array(best, pa.int16()), pa.array(one.labels)
        )
        columns[one.column("probability")] = top
        columns[one.column("sure")] = top > 0.6
        columns[one.column("unlike")] = rng.random(rows) < 0.05
        columns[one.column("entropy")] = entropy.astype(np.float32)
        columns[one.column("probabilities")] = list(p) if rows <= 20_000 else _lists(p)
        said = np.array(one.labels, object)[meant]
        columns[one.column("known")] = said if known else [None] * rows
        for i in range(len(header.ablations)):
            moves = best > 0
            change = -top * rng.beta(2, 2, rows) * moves + rng.normal(0, 0.03, rows)
            columns[header.effect(i, one)] = change.astype(np.float32)
    for stage in header.stages:
        columns[f"stage{stage}_shift_px"] = rng.gamma(2, 1.5, rows).astype(np.float32)
        columns[f"stage{stage}_direction_deg"] = rng.uniform(0, 360, rows).astype(np.float32)
        columns[f"stage{stage}_flow_r"] = rng.uniform(-0.2, 1, rows).astype(np.float32)
    camera = made[header.questions[0].name][0].argmax(1)
    turn = 2 * np.pi * camera / max(len(header.questions[0].labels), 1)
    at = np.stack([np.cos(turn), np.sin(turn)], 1) * 4 + rng.normal(0, 0.9, (rows, 2))
    columns["map_x"], columns["map_y"] = at.T.astype(np.float32)
    embedding = rng.normal(0, 1, (rows, header.width)).astype(np.float32)
    columns["embedding"] = pa.FixedSizeListArray.from_arrays(embedding.ravel(), header.width)
    if strips:
        for k, name in enumerate(("strip", "arrows")):
            columns[name] = pa.array([strips[i % len(strips)][k] for i in range(rows)], pa.binary())
    arrays = []
    for field in schema:
        if field.name not in columns:
            arrays.append(pa.nulls(rows, field.type))
        elif isinstance(columns[field.name], pa.Array):
            arrays.append(columns[field.name].cast(field.type))
        else:
            arrays.append(pa.array(columns[field.name], field.type))
    good = pa.Table.from_arrays(arrays, schema=schema)
    if not bad:
        return good
    wrong = [{"file": f"broken/{i:03d}.mp4", "window": -1, "error": said_of(i)} for i in range(bad)]
    names = schema.names
    return pa.concat_tables(
        [good, pa.Table.from_pylist([{**dict.fromkeys(names), **row} for row in wrong], schema)]
    )


def said_of(i):
    return f'"{i:03d}.mp4" could not be read as video: it is damaged, cut off or of another kind.'


def _lists(p):
    ends = np.arange(len(p) + 1, dtype=np.int32) * p.shape[1]
    return pa.ListArray.from_arrays(ends, p.ravel())


def write_run(path, rows, header=None, group=ROWS_A_GROUP, **more):
    """Write a made run; returns its header. `more` is for `table`."""
    header = header or header_of()
    pq.write_table(table(header, rows, **more), path, row_group_size=group, compression="zstd")
    return header


BLOCK = 200_000  # rows of a large run that are made; the rest repeats them under other names


def write_large(path, rows):
    """Write a run of so many rows (up to whole blocks), without embeddings, in little memory."""
    header = header_of()
    block = table(header, min(rows, BLOCK))
    schema, heavy = block.schema, ["embedding"]
    heavy += [one.column("probabilities") for one in header.questions]
    for name in heavy:
        field = schema.field(name)
        nothing = pa.nulls(len(block), field.type)
        block = block.set_column(schema.get_field_index(name), field, nothing)
    files = block["file"].combine_chunks()
    with pq.ParquetWriter(path, schema, compression="zstd") as out:
        for k in range(-(-rows // len(block))):
            named = pc.binary_join_element_wise(pa.scalar(f"part {k:03d}/"), files, "")
            place = schema.get_field_index("file")
            out.write_table(block.set_column(place, schema.field("file"), named), BLOCK // 2)
    return header


def strip_of(frames, by=(0.0, 2.0)):
    """The strip and the arrows of frames uint8 (T, S, S, 3) whose content moves `by` pixels."""
    ok, data = cv2.imencode(".jpg", np.hstack(frames)[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 80])
    assert ok
    arrows = np.zeros((len(frames), GRID, GRID, 2))
    arrows[1:] = by
    rng = np.random.default_rng(0)
    arrows[1:] += rng.normal(0, 0.3, arrows[1:].shape)
    return data.tobytes(), np.clip(np.rint(arrows * 8), -127, 127).astype(np.int8).tobytes()


def made_strips(count=12):
    """Strips of made clips, each of another motion."""
    from sct.synthetic.clips import LABELS, make_clip

    found = []
    for i in range(count):
        made = make_clip(LABELS[i % len(LABELS)], i, 8, SIDE)
        found.append(strip_of(made.as_clip().frames, (0.0, 2.5 if i % 2 else -2.5)))
    return found


def write_clips(folder, count, kinds=8):
    """Write `count` mp4 files of `kinds` made clips; returns their names and strips."""
    from sct.synthetic.clips import LABELS, make_clip
    from sct.video.clip import write_mp4

    folder, names, strips, first = Path(folder), [], [], []
    for i in range(count):
        name = f"{LABELS[i % kinds].replace(' ', '-')}_{i:03d}.mp4"
        if i < kinds:
            made = make_clip(LABELS[i], 8 + i, 8, SIDE).as_clip()
            frames = made.frames.repeat(2, axis=1).repeat(2, axis=2)
            write_mp4(np.concatenate([frames, frames[::-1]]), folder / name, fps=10)
            first.append((folder / name, strip_of(made.frames)))
        else:
            (folder / name).hardlink_to(first[i % kinds][0])
        names.append(name)
        strips.append(first[i % kinds][1])
    return names, strips
