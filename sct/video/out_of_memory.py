"""The sentence for memory that ran out while a clip was read."""

from sct.errors import ClipError


def no_memory() -> ClipError:
    """Return the error that says that memory ran out while a clip was read."""
    return ClipError(
        "Memory ran out while the clip was read: one with smaller pictures takes less. A damaged "
        "file may claim to be larger than it is."
    )
