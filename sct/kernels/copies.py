"""What is made once and cached: copies of parameters until one changes, and tables by arguments."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from functools import update_wrapper
from typing import Any, NamedTuple

import torch
from torch import Tensor


class _Made(NamedTuple):
    """What was made, how, and the (parameter, version, place in memory) that it was made from."""

    how: Hashable
    state: Sequence[tuple[Tensor, int, int]]
    value: Any


class Copies:
    """Caches the last copies of some parameters; a copy of this object is empty.

    Threads may meet here: what is cached is replaced by one assignment.
    """

    def __init__(self) -> None:
        self._made: _Made | None = None

    def __reduce__(self) -> tuple[type[Copies], tuple[()]]:
        return Copies, ()

    @property
    def value(self) -> Any:
        """Returns the last copies."""
        return self._made and self._made.value

    def get(self, how: Hashable, own: Sequence[Tensor], make: Callable[[], Any]) -> Any:
        """Returns what `make` gives, as made before if nothing has changed.

        Nothing is cached of a tensor made in inference mode, as it cannot tell whether it changed,
        nor while a CUDA graph is recorded, whose memory belongs to the graph.

        Args:
            how: they are copied, such as their type.
            own: the parameters.
        """
        if any(part.is_inference() for part in own):
            return make()
        made, state = self._made, [(part, part._version, part.data_ptr()) for part in own]
        if made and made.how == how and len(made.state) == len(state):
            pairs = zip(made.state, state, strict=True)
            if all(then[0] is now[0] and then[1:] == now[1:] for then, now in pairs):
                return made.value
        value = make()
        if not (own[0].is_cuda and torch.cuda.is_current_stream_capturing()):
            self._made = _Made(how, state, value)
        return value


class Tables:
    """A function whose last results are cached, as by `functools.lru_cache`, and can be held.

    A CUDA graph reads them where they lay when it was recorded, so it has to hold them.
    """

    def __init__(self, make: Callable[..., Tensor], most: int = 64):
        self._make, self._most = make, most
        self._made: OrderedDict[Hashable, Tensor] = OrderedDict()
        self._lock = threading.Lock()
        update_wrapper(self, make)

    def __call__(self, *given: Hashable) -> Tensor:
        with self._lock:
            if given not in self._made:
                self._made[given] = self._make(*given)
                while len(self._made) > self._most:
                    self._made.popitem(last=False)
            self._made.move_to_end(given)
            return self._made[given]

    def cache_clear(self) -> None:
        """Forgets all results."""
        with self._lock:
            self._made.clear()

    def held(self) -> tuple[Tensor, ...]:
        """Returns all that is cached."""
        with self._lock:
            return tuple(self._made.values())


@Tables
def sent(numbers: tuple[Any, ...], device: torch.device) -> Tensor:
    """Sends whole numbers to a device, once: sending them amid a pass would wait for it."""
    return torch.tensor(numbers, dtype=torch.int32, device=device)
