"""Errors whose message is one sentence for a person: what was wrong and what is accepted."""


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


class OutOfMemory(SCTError):
    """Memory ran out, also with as little at a time as there can be."""
