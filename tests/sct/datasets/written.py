"""Writes lists of four files."""

FOUR = ("c0.mp4", "c1.mp4", "c2.mp4", "c3.mp4")


def write(folder, header, cells, name="list.csv"):
    """Write a list of four (empty) files with classes a, b, a, b and more cells for each."""
    for file in FOUR:
        if not (folder / file).exists():
            (folder / file).touch()
    rows = (f"{file},{'abab'[i]},{more}\n" for i, (file, more) in enumerate(zip(FOUR, cells)))  # noqa: B905
    (folder / name).write_text(f"path,label,{header}\n{''.join(rows)}")
    return folder / name
