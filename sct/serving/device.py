"""The device that models run on, what can go wrong with it, and what is done about it."""

from __future__ import annotations

import threading

LOST = "The GPU failed, so all is computed on the CPU until the server is started anew."


class Device:
    """A device, in whose place the CPU comes once it has failed. Thread-safe.

    Args:
        name: "cuda" or "cpu".
    """

    def __init__(self, name: str):
        self._name, self._why, self._lock = name, "", threading.Lock()

    @property
    def name(self) -> str:
        """Return the name of the device that is used now."""
        return self._name

    @property
    def degraded(self) -> str:
        """Return why it is not the one that it should be; "" if it is."""
        return self._why

    def lose(self) -> None:
        """Take the CPU from now on."""
        with self._lock:
            self._name, self._why = "cpu", LOST

    def probe(self) -> bool:
        """Return whether the device computes; one that does not is lost."""
        import torch

        try:
            fine = float((torch.ones(2, device=self._name) + 1).sum()) == 4
        except (RuntimeError, AssertionError):
            fine = False
        if not fine:
            self.lose()
        return fine


def fault(error: BaseException) -> str:
    """Return what an error says of the device: "memory" that ran out, "lost", or "" nothing.

    After an error of its own a CUDA device answers nothing any more in this process.
    """
    import torch

    from sct.kernels.allocator import out_of_memory

    if out_of_memory(error):
        return "memory"
    said = isinstance(error, RuntimeError) and "CUDA error" in str(error)
    return "lost" if said or isinstance(error, torch.AcceleratorError) else ""


def free_memory(device: str) -> None:
    """Give back what PyTorch keeps of a GPU's memory for later."""
    if device != "cpu":
        import torch

        torch.cuda.empty_cache()
