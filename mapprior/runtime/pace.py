"""How often drives answer; set by whoever watches the load, read by every drive of a process."""

from dataclasses import dataclass


@dataclass(slots=True)
class Pace:
    """Every `answer_every`-th pose gets an answer; `reason` is said in health, empty while all do."""

    answer_every: int = 1
    reason: str = ""
