"""The views that can be taken away: `numbers` of a whole clip, and a picture of each frame."""

from viz.views.scene import (
    VIEWS,
    Look,
    Scene,
    frames_of,
    numbers_of,
    picture_of,
    pictures_of,
    save_numbers,
    still_of,
)
from viz.views.tables import csv_of, table_of

__all__ = [
    "VIEWS",
    "Look",
    "Scene",
    "csv_of",
    "frames_of",
    "numbers_of",
    "picture_of",
    "pictures_of",
    "save_numbers",
    "still_of",
    "table_of",
]
