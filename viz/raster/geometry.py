"""Locates a token in a picture, and reads one as a person writes it.

A picture is square, `side` pixels, and shows a grid of `grid` x `grid` tokens of equal size. Tokens
are (row, column), counted from 0 at the top left; points are (x, y) in pixels, x to the right.
"""

from __future__ import annotations

Token = tuple[int, int]


def token_box(token: Token, grid: int, side: int) -> tuple[int, int, int, int]:
    """Give the pixels of a token: (top, left, bottom, right), the last two exclusive.

    Boxes tile the picture without gap or overlap, also where `grid` does not divide `side`.

    Raises:
        ValueError: the token is outside the grid.
    """
    row, col = check_token(token, grid)
    return (
        row * side // grid,
        col * side // grid,
        (row + 1) * side // grid,
        (col + 1) * side // grid,
    )


def token_centre(token: Token, grid: int, side: float = 1.0) -> tuple[float, float]:
    """Give the centre of a token as (x, y), in units where the picture is `side` wide."""
    row, col = check_token(token, grid)
    return ((col + 0.5) * side / grid, (row + 0.5) * side / grid)


def check_token(token: Token, grid: int) -> Token:
    """Return the token as it came; raise ValueError if it is none of the grid."""
    row, col = token
    if not (0 <= row < grid and 0 <= col < grid):
        raise ValueError(
            f"patch {row},{col}: rows and columns of this grid go from 0 to {grid - 1}"
        )
    return row, col


def parse_token(text: str, grid: int) -> Token:
    """Read "row,column" as a person or a URL writes it.

    Raises:
        ValueError: says what is wrong and what is accepted.
    """
    token = read_token(text)
    if token is None:
        raise ValueError(
            f"write a patch as row,column with numbers from 0 to {grid - 1}, for example "
            f"{grid // 2},{grid // 2}"
        )
    return check_token(token, grid)


def read_token(text: str) -> Token | None:
    """Read "row,column", of any grid; None where it is something else."""
    parts = text.replace(" ", "").split(",")
    if len(parts) != 2 or not all(p.isascii() and p.isdigit() and len(p) < 6 for p in parts):
        return None
    return int(parts[0]), int(parts[1])
