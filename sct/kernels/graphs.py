"""Passes recorded as CUDA graphs, which the GPU then replays alone, without a launch at a time."""

from __future__ import annotations

import copy
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from typing import Any

import torch
from torch import Tensor

from sct.kernels.copies import sent

_MOST = 4  # recordings, each of which keeps the memory of a pass

Work = Callable[[Tensor], Any]


class Graphs:
    """The passes of one model that were recorded, the last few that were asked for.

    Threads may meet here: one replay is launched after the other. A copy of this object is empty.
    """

    def __init__(
        self,
        record: Callable[[Work, Tensor, Callable[[], Any]], Work] | None = None,
        serves: Callable[[Tensor], bool] | None = None,
    ):
        self._record, self._serves = record or _record, serves or _on_a_gpu
        self._made: OrderedDict[Hashable, Work | None] = OrderedDict()
        self._lock = threading.Lock()

    def __reduce__(self) -> tuple[type[Graphs], tuple[()]]:
        return Graphs, ()

    def run(
        self, work: Work, x: Tensor, how: Hashable, own: Sequence[Tensor], held: Callable[[], Any]
    ) -> Any:
        """Returns `work(x)`, replayed where the same was asked for before.

        The first pass of a kind is computed as it is, the second is recorded. What no graph takes
        is computed as it is, too, and so is everything that is not on a GPU or that learns.

        Args:
            work: what is computed; the same for the same `how`.
            x: what it is computed from.
            how: it is computed.
            own: the parameters; where one of them changes, another pass is recorded.
            held: returns what `work` reads besides, which has to stay in its place.
        """
        if torch.is_grad_enabled() or not self._serves(x) or any(p.is_inference() for p in own):
            return work(x)
        state = tuple((p.data_ptr(), p._version) for p in own)
        key = how, x.shape, x.dtype, x.device, torch.is_inference_mode_enabled(), state
        with self._lock:
            if key in self._made:
                self._made.move_to_end(key)
                if self._made[key] is None:
                    try:
                        self._made[key] = self._record(work, x, held)
                    except RuntimeError:  # some operation that no graph takes
                        self._made[key] = work
                return self._made[key](x)
            self._made[key] = None  # seen once
            while len(self._made) > _MOST:
                self._made.popitem(last=False)
        return work(x)


def _on_a_gpu(x: Tensor) -> bool:
    return x.is_cuda and not torch.cuda.is_current_stream_capturing()


def _record(work: Work, x: Tensor, held: Callable[[], Any]) -> Work:
    given, now = x.clone(), torch.cuda.current_stream(x.device)
    stream, done = torch.cuda.Stream(x.device), torch.cuda.Event()
    stream.wait_stream(now)
    with torch.cuda.stream(stream):
        work(given)  # what is made but once, such as weights in another type, is made here
    now.wait_stream(stream)
    keep, graph = (held(), sent.held()), torch.cuda.CUDAGraph()
    # Other threads may go on with their own work meanwhile.
    with torch.cuda.graph(graph, stream=stream, capture_error_mode="thread_local"):
        found = work(given)
    done.record(now)

    def replay(x: Tensor, keep: Any = keep) -> Any:
        stream = torch.cuda.current_stream(x.device)
        stream.wait_event(done)  # another stream may be reading what is written here
        given.copy_(x)
        graph.replay()
        copied = copy.deepcopy(found)
        done.record(stream)
        return copied

    return replay
