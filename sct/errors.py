"""Errors whose message is one sentence for a person: what was wrong and what is accepted."""

import errno
import re

# How libraries say it that have no class for it: PyTorch on a CPU, OpenCV, oneDNN, CUDA's own.
_NO_MEMORY = re.compile(
    r"can(?:no|')t allocate|(?:failed|unable|not able) to allocate|out of memory"
    r"|insufficient memory|not enough memory|alloc_failed|bad_alloc|failed to map segment"
    r"|can't start new thread",
    re.IGNORECASE,
)


class SCTError(Exception):
    """Base of every error that SCT Lens raises about what it was given."""


class ClipError(SCTError, ValueError):
    """A clip, or the way it was asked for, cannot be used."""


class ModelError(SCTError):
    """A checkpoint is missing, damaged or does not fit."""


class DataError(SCTError, ValueError):
    """A data set cannot be read or divided as asked."""


class RunError(SCTError):
    """A training run cannot be saved, or cannot go on."""


class Busy(SCTError):
    """More is asked for than can wait."""


class OutOfMemory(SCTError):
    """Memory ran out, also with as little at a time as there can be."""


def out_of_memory(error: BaseException) -> bool:
    """Say whether `error` means that memory ran out, the machine's or a GPU's.

    Python and NumPy raise MemoryError, the system an OSError; others say it in words. An SCTError
    is a sentence already, and so is none.
    """
    if isinstance(error, MemoryError):
        return True
    if isinstance(error, OSError):
        return error.errno == errno.ENOMEM
    if isinstance(error, (SCTError, ValueError, LookupError)):
        return False
    named = type(error).__name__ == "OutOfMemoryError"  # PyTorch's, which is not loaded for this
    return isinstance(error, Exception) and (named or bool(_NO_MEMORY.search(str(error))))
