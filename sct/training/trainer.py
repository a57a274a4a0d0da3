"""Trains on endless synthetic clips or on videos, in one process or several."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import get_ema_multi_avg_fn

from sct.errors import RunError
from sct.model.ablation import Ablation
from sct.model.sct import SCT
from sct.training import data, distributed, lock, run_state
from sct.training.config import TrainConfig
from sct.training.distributed import World
from sct.training.initialize import freeze, from_checkpoint, new_model
from sct.training.loss import TrainingLoss
from sct.training.optimizer import Optimizer
from sct.training.run_state import RunState

if TYPE_CHECKING:
    from sct.datasets.loaders import Batch

__all__ = ["Stopped", "TrainConfig", "new_model", "train"]

COLUMNS = (
    "step",
    "clips",
    "loss",
    "grounding",
    "accuracy",
    "lr",
    "seconds",
    "val_accuracy",
)
_MEMORY = 0.95  # share of the running figures that stays in a step: means over about 20 steps

Progress = Callable[[int, int, dict[str, float]], None]


class Stopped(KeyboardInterrupt):
    """Says that Ctrl-C ended a run after the step that it fell into; the run can go on."""

    def __init__(self, step: int):
        super().__init__(f"stopped after step {step}")
        self.step = step


def train(
    config: TrainConfig,
    out: str | Path,
    progress: Progress | None = None,
    init: str | Path | None = None,
    resume: bool = False,
    tell: Callable[[str], None] | None = None,
) -> dict[str, Any]:
    """Train a model.

    Writes OUT.safetensors and OUT.json (the running mean of the weights and its card),
    OUT.run.safetensors (what it takes to go on) and OUT.csv (the course). Nothing here draws
    from a global random state, so a run that goes on takes the course it would have taken.

    Args:
        config: the run.
        out: path of the checkpoint, with or without .safetensors.
        progress: called before the first step and then with (steps done, steps, figures).
        init: a name or .safetensors file to start from instead of new weights.
        resume: go on with the run that OUT.run.safetensors holds.
        tell: called with each sentence on what was assumed about the clips, before the first step.

    Returns:
        The card.

    Raises:
        Stopped: Ctrl-C or SIGTERM, after the current step and its save.
        RunError: it cannot be saved, cannot go on, another program writes OUT, or the loss is no
            number any more.
        ModelError, DataError, ValueError: what it should start from or learn does not fit.
    """
    out = run_state.stem(out)
    out.parent.mkdir(parents=True, exist_ok=True)
    with (
        lock.alone(out) if distributed.rank() == 0 else nullcontext(),  # it alone writes
        distributed.join(config.device) as world,
        distributed.threads(config.threads),
    ):
        return _Run(config, out, world, str(init or ""), resume).go(progress, tell)


class _Run:
    """Holds one run of `train`, from the start or from where it was saved."""

    def __init__(self, config: TrainConfig, out: Path, world: World, init: str, resume: bool):
        self.config, self.out, self.world, self.init = config, out, world, init
        if config.batch % world.size:
            raise ValueError(f"batch={config.batch}: must be a multiple of {world.size} processes")
        saved = run_state.read(out) if resume else None
        if saved:
            self._check(saved)
        self.dataset = dataset = data.open_dataset(config)
        self.validation_data = data.open_validation(config)
        self.notes = data.notes(config, dataset)
        labels, questions = data.labels(config, dataset), data.questions(config)
        self.data = data.fingerprint(config, dataset)
        if saved:
            if (saved.data, saved.shape.labels) != (self.data, labels):
                raise RunError(
                    f"The clips in {config.data} are not those that the run {out} was learning "
                    "from, so it cannot go on."
                )
            model = SCT(saved.shape)
        elif init:
            model = from_checkpoint(config, init, labels, questions)
        else:
            model = new_model(config, labels, questions)
        freeze(model, config.freeze)
        self.model = model.to(world.device).train()
        self.ema = copy.deepcopy(self.model).requires_grad_(False).eval()
        self.learning = {n: p for n, p in self.model.named_parameters() if p.requires_grad}
        self.means = [self.ema.get_parameter(name) for name in self.learning]
        self.optimizer = Optimizer(config, self.learning)
        size = self.model.config.image_size
        self.report = Path(f"{out}.unreadable.txt")
        if world.first and not saved:
            self.report.unlink(missing_ok=True)
        self.loader = data.open_loader(config, dataset, size, world.device, self.report)
        self.ablation = Ablation.parse(config.ablate)
        self.grounded = config.synthetic and TrainingLoss.grounds(self.model, config)
        training_loss = TrainingLoss(self.model, config, world)
        self.training_loss = world.wrap(training_loss, some_unused=config.ablate != "none")
        self.step, self.saved, self.seconds = 0, 0, 0.0
        self.card: dict[str, Any] = {}
        self.figures: Tensor | None = None
        self.validated: list[float] = []
        if saved:
            self._restore(saved)

    def _check(self, saved: RunState) -> None:
        changed = self.config.differences(saved.config)
        if self.init and self.init != saved.init:
            changed.append(f"init={self.init!r}, was {saved.init!r}")
        if changed:
            raise ValueError(
                f"resume: {'; '.join(changed)} in the saved run {self.out}; "
                "a run goes on with the settings that it began with"
            )
        self.init = saved.init

    # -- the course --------------------------------------------------------------------------------

    def go(
        self, progress: Progress | None, tell: Callable[[str], None] | None = None
    ) -> dict[str, Any]:
        config, world = self.config, self.world
        self.started, self.first, table = time.perf_counter(), self.step, None
        # Before anything is written: if no clip can be had, what was there stays.
        batch = self._make(self.step) if self.step < config.steps else None
        for note in self.notes if tell else ():
            tell(note)
        if world.first:
            with run_state.saving(self.out, self.step, self.saved):
                if not self.step:  # from here on there is something to go on with
                    run_state.save(
                        self.out, {run_state.state_path(self.out): self._state().to_bytes()}
                    )
                table = run_state.Table(Path(f"{self.out}.csv"), COLUMNS, self.step)
        # Figures and requests to stop are looked at now and then: on a GPU a look is a wait.
        every = 1 if world.device.type == "cpu" else config.log_every
        try:
            with distributed.Stop() as stop:
                if progress:
                    progress(self.step, config.steps, {})
                while self.step < config.steps:
                    stopping = self._learn(batch or self._make(self.step), stop.wanted)
                    batch = None
                    done, last = self.step, self.step == config.steps
                    saves = self._due(config.save_every)
                    # A run too short for that is not tried at its end either.
                    tries = self._due(config.validate_every, config.steps > config.validate_every)
                    if not (tries or saves or done % every == 0):
                        continue
                    self._check_figures()
                    stopping = bool(stopping)
                    valid = self._validate() if tries else None
                    if table and (tries or self._due(config.log_every)):
                        with run_state.saving(self.out, done, self.saved):
                            table.add(self._row(valid))
                    if progress:
                        progress(done, config.steps, self._shown())
                    if saves or stopping:
                        self._save(table)
                    if stopping and not last:
                        raise Stopped(done)
        finally:
            if table:
                table.close()
            self.loader.close()
        return self.card or self._card()

    def _make(self, step: int) -> Batch:
        frames = self.config.frames(step, self.model.config.frames)
        return self.loader.batch(step, frames, self.world.rank, self.world.size)

    def _learn(self, batch: Batch, stop: bool) -> Tensor:
        """Take one step. Returns how many processes were asked to stop."""
        config, step = self.config, self.step
        ablation = self.ablation
        if ablation.seed is None:  # others every step, so that nothing is learned about one of them
            ablation = replace(ablation, seed=step)
        loss, shares, right = self.training_loss(batch, ablation)
        self.optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self.learning.values(), config.clip_gradient)
        self.optimizer.step(config.rate(step))
        with torch.no_grad():
            follow = get_ema_multi_avg_fn(config.ema_decay(step))
            follow(self.means, list(self.learning.values()), step)
        mine = [*shares, right / config.batch, torch.full_like(shares[0], stop)]
        *seen, stopping = self.world.total(torch.stack(mine).double())
        seen = torch.stack(seen)
        kept = self.figures
        self.figures = seen if kept is None else _MEMORY * kept + (1 - _MEMORY) * seen
        self.step += 1
        return stopping

    def _check_figures(self) -> None:
        if not self.figures.isfinite().all():
            raise RunError(
                f"The loss is no number any more at step {self.step}: try a lower --lr. "
                f"What {self.out} held after step {self.saved} is kept."
            )

    def _due(self, every: int, at_end: bool = True) -> bool:
        """Say whether what comes every so many steps, and at the end, comes now; 0 is never."""
        last = at_end and self.step == self.config.steps
        return every > 0 and (self.step % every == 0 or last)

    def _validate(self) -> float | None:
        if not self.world.first:
            return None
        valid, clips = data.validate(self.ema, self.config, self.validation_data, self.ablation)
        self.validated = [round(valid, 4), clips]
        return valid

    def _shown(self) -> dict[str, float]:
        names = ("loss", "grounding", "accuracy")
        figures = dict(zip(names, self.figures.tolist(), strict=True))
        clips = (self.step - self.first) * self.config.batch
        speed = clips / max(time.perf_counter() - self.started, 1e-9)
        return {
            **figures,
            "lr": self.config.lr * self.config.rate(self.step - 1),
            "clips_per_s": speed,
        }

    def _row(self, valid: float | None) -> dict[str, Any]:
        return {
            **self._shown(),
            "step": self.step,
            "clips": self.step * self.config.batch,
            "seconds": round(self._seconds(), 1),
            "val_accuracy": valid,
        }

    def _seconds(self) -> float:
        return self.seconds + time.perf_counter() - self.started

    # -- saving ------------------------------------------------------------------------------------

    def _state(self) -> RunState:
        names = {id(p): name for name, p in self.learning.items()}
        return RunState(
            step=self.step,
            config=self.config,
            shape=self.model.config,
            init=self.init,
            data=self.data,
            seconds=self._seconds(),
            figures=[] if self.figures is None else self.figures.tolist(),
            validated=self.validated,
            weights=self.model.state_dict(),
            ema=self.ema.state_dict(),
            moments={names[id(p)]: kinds for p, kinds in self.optimizer.moments().items()},
        )

    def _restore(self, saved: RunState) -> None:
        try:
            self.model.load_state_dict(saved.weights)
            self.ema.load_state_dict(saved.ema)
            for name, kinds in saved.moments.items():
                self.optimizer.restore(self.learning[name], kinds)
        except (RuntimeError, KeyError):  # of other names or shapes
            raise RunError(f"The saved run {self.out} is damaged, so it cannot go on.") from None
        self.step = self.saved = saved.step
        self.seconds, self.validated = saved.seconds, saved.validated
        if saved.figures:
            self.figures = torch.tensor(
                saved.figures, dtype=torch.float64, device=self.world.device
            )

    def _save(self, table: run_state.Table | None) -> None:
        """Save state, weights and card, none replaced before all are on the disk."""
        if self.world.first:
            from sct.checkpoint import io

            with run_state.saving(self.out, self.step, self.saved):
                table.sync()
                self.card = self._card()
                files = io.files_of(self.ema, self.out, self.card)
                # Replaced last: what dies in between is done again from the state before.
                files[run_state.state_path(self.out)] = self._state().to_bytes()
                run_state.save(self.out, files)
        self.saved = self.step

    def _card(self) -> dict[str, Any]:
        card: dict[str, Any] = {
            "data": data.describe(self.config, self.dataset),
            "training": self.config.to_dict(),
            "trained_with": self.config.ablate,
            "weights": "running mean" if self.config.ema else "of the last step",
            "grounding_loss": self.grounded,
            "steps": self.step,
            "clips": self.step * self.config.batch,
            "seconds": round(self._seconds(), 1),
            "device": self.world.name,
            "training_accuracy": round(float(self.figures[2]), 4) if self.step else 0.0,
            "torch": torch.__version__,
        }
        if self.notes:
            card["notes"] = list(self.notes)
        if self.init:
            card["init"] = self.init
        if self.validated:
            card["validation"] = dict(zip(("accuracy", "clips"), self.validated, strict=True))
        if self.report.is_file():
            with open(self.report, "rb") as file:
                card["clips_left_out"] = sum(1 for _ in file)
        return card
