"""The endings of file names by which videos and pictures are found in a folder.

FFmpeg tells what a file is by its bytes; a folder's files have to be told apart without opening
each. FFmpeg's own lists of endings lack most containers and hold sound and subtitles, so this table
names what its readers of moving pictures read. A file with another ending can still be opened by
its path.
"""

from __future__ import annotations

import os

_VIDEO = {
    "QuickTime and MP4": "3g2 3gp 3gp2 3gpp 3gpp2 f4p f4v ism ismv k3g m4p m4v mj2 mov mp4 mp4v "
    "mpeg4 mqv qt",
    "Matroska": "mk3d mkv webm",
    "AVI": "avi divx xvid",
    "MPEG program stream": "evo m1v m2p m2v mod mp2v mpe mpeg mpg mpg2 mpv mpv2 tod vdr vob vro",
    "MPEG transport stream": "m2t m2ts mts rec tp trp ts",
    "Windows Media": "asf dvr-ms wm wmv wtv",
    "RealMedia": "ivr rm rmvb rv",
    "Ogg": "ogg ogm ogv ogx",
    "Flash": "flv",
    "DV, MXF, GXF, LXF": "dif dv gxf lxf mxf",
    "other containers": "amv bik bk2 cdxl cine cpk dav fli flc flic gdv ifv imx ipu ivf kux mlv "
    "mods moflex mtv mvi mxg nsv nut nuv pdv pmp psp pva r3d roq rpl ser sga smk swf thp ty usm "
    "viv vivo vmd xl xmv y4m yop",
    "pictures without a container": "264 265 266 apv av1 avc avs avs2 avs3 cavs dirac dnxhd dnxhr "
    "drc evc h261 h263 h264 h265 h266 h26l hevc mjpeg mjpg obu rcv vc1 vc2 vvc",
    "moving pictures": "apng avif avifs gif webp",
}
_PICTURES = "bmp jpe jpeg jpg pbm pgm png pnm ppm tga tif tiff"

VIDEO_ENDINGS = frozenset(f".{name}" for names in _VIDEO.values() for name in names.split())
PICTURE_ENDINGS = frozenset(f".{name}" for name in _PICTURES.split())
MAYBE_STILL = frozenset((".webp", ".gif", ".avif"))  # videos, mostly, and pictures, too
COMMON = ("mp4", "mov", "m4v", "avi", "mkv", "webm", "gif")
ACCEPTED = f"{', '.join(COMMON[:-1])} and {COMMON[-1]}"  # what messages name; FFmpeg opens more


def ending_of(name: str) -> str:
    """Return the ending of a file's name in small letters, with its dot; "" if it has none."""
    return os.path.splitext(name)[1].lower()


def is_video(name: str) -> bool:
    """Say whether a file's name ends as a video's."""
    return ending_of(name) in VIDEO_ENDINGS


def may_be_still(name: str) -> bool:
    """Say whether a file's name ends as a video's that may be a picture that does not move."""
    return ending_of(name) in MAYBE_STILL


def is_picture(name: str) -> bool:
    """Say whether a file's name ends as that of one picture of a numbered sequence."""
    return ending_of(name) in PICTURE_ENDINGS
