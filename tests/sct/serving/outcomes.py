"""What comes of reading a clip, to be compared."""

from sct.errors import ClipError


def outcome(read, *given, **more):
    try:
        clip = read(*given, **more)
    except ClipError as error:
        return str(error)
    return clip.hash, clip.times, clip.name, clip.notes, clip.codec, clip.fps, clip.held
