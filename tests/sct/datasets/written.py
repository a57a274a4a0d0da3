"""Writes lists of four files."""

from sct.datasets.dataset import open_dataset
from sct.datasets.options import ReadOptions

FOUR = ("c0.mp4", "c1.mp4", "c2.mp4", "c3.mp4")


def write(folder, header, cells, name="list.csv"):
    """Write a list of four (empty) files with classes a, b, a, b and more cells for each."""
    for file in FOUR:
        if not (folder / file).exists():
            (folder / file).touch()
    rows = (f"{file},{'abab'[i]},{more}\n" for i, (file, more) in enumerate(zip(FOUR, cells)))  # noqa: B905
    (folder / name).write_text(f"path,label,{header}\n{''.join(rows)}")
    return folder / name


def opened(folder, text, name="list.csv", files=FOUR, coding="utf-8", **options):
    """Open a list, given as text or bytes, beside (empty) files."""
    for file in files:
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).touch()
    (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode(coding))
    return open_dataset(folder / name, options=ReadOptions(**options))


def pairs(found):
    return [(item.path.name, found.labels[item.label]) for item in found.items]
