"""Sheds load on event-loop lag, before latency collapses.

Measured: up to 95 % of a core the slowest percent of answers takes 15 ms, a little above it over a second. So
the loop's own lag decides, not the latency seen: first new streams are refused, then every second, then
every fourth pose is answered, which says so in health; messages are what costs.
"""

import asyncio

from mapprior.errors import OverloadError
from mapprior.runtime.pace import Pace

TICK_MS = 20
SMOOTHING = 0.1  # of one tick: about 200 ms
CALM_TICKS_COUNT = 100  # this long under half the threshold before a step back
SETTLE_TICKS_COUNT = 50  # until a step up shows what it brings
THIN_STEPS = (1, 2, 4)


class LagMeter:
    """Measures how late the loop's timers fire and sets the pace of all drives."""

    def __init__(self, pace: Pace, *, refuse_lag_ms: float, thin_lag_ms: float) -> None:
        self._pace = pace
        self._refuse_lag_ms = refuse_lag_ms
        self._thin_lag_ms = thin_lag_ms
        self._timer: asyncio.TimerHandle | None = None
        self._due_sec = 0.0
        self._calm_ticks_count = 0
        self._step_ticks_count = 0
        self.lag_ms = 0.0
        self.refuses = False

    def start(self) -> None:
        self._schedule(asyncio.get_running_loop())

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def check_admission(self) -> None:
        """OverloadError while no new stream is taken."""
        if self.refuses:
            raise OverloadError("the service is at its limit and takes no new stream; try again in some seconds")

    def observe(self, lag_ms: float) -> None:
        """One tick's lag. Steps up at once over a threshold, and back after a calm while."""
        lag_ms = min(lag_ms, 2 * self._thin_lag_ms)  # one long step, a cold import say, is no overload
        self.lag_ms += SMOOTHING * (lag_ms - self.lag_ms)
        self._step_ticks_count += 1
        step = THIN_STEPS.index(self._pace.answer_every)
        if self.lag_ms > self._refuse_lag_ms:
            self.refuses = True
        settled = self._step_ticks_count >= SETTLE_TICKS_COUNT
        if self.lag_ms > self._thin_lag_ms and step + 1 < len(THIN_STEPS) and settled:
            self._set_step(step + 1)
        if self.lag_ms > self._refuse_lag_ms / 2:
            self._calm_ticks_count = 0
            return
        self._calm_ticks_count += 1
        if self._calm_ticks_count >= CALM_TICKS_COUNT:
            self._calm_ticks_count = 0
            if step:
                self._set_step(step - 1)
            else:
                self.refuses = False

    def _set_step(self, step: int) -> None:
        self._step_ticks_count = 0
        every = THIN_STEPS[step]
        self._pace.answer_every = every
        self._pace.reason = f"overload: one pose in {every} is answered" if every > 1 else ""

    def _schedule(self, loop: asyncio.AbstractEventLoop) -> None:
        self._due_sec = loop.time() + TICK_MS / 1000
        self._timer = loop.call_at(self._due_sec, self._tick, loop)

    def _tick(self, loop: asyncio.AbstractEventLoop) -> None:
        self.observe(max(0.0, (loop.time() - self._due_sec) * 1000))
        self._schedule(loop)
