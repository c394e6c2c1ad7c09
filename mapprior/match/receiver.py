"""How much of a receiver's error is new in each fix, told from the fixes themselves.

Some receivers smooth: their error drifts and hardly differs from fix to fix. Others do not: each fix errs by itself.
Taking one for the other costs either way, and no pose says which it is. Beside the road, where no speed has to be
guessed, a fix is off from where it was expected by what is new in it and by what the expectation was unsure of: what
the square of the one exceeds the variance of the other by is, on the mean, the variance of what is new.
"""

from typing import Final

from mapprior.match.settings import MatchSettings

_SURPRISE_MAX: Final = 9.0  # squared sigmas; what is farther off tells of a wrong road


class Receiver:
    """Of one drive; remembers while the road is lost."""

    __slots__ = ("_keep", "_least", "_mean", "white_share")

    def __init__(self, settings: MatchSettings) -> None:
        self._least = settings.white_share
        self._keep = 1.0 - 1.0 / settings.white_fixes_count
        self.forget()

    def forget(self) -> None:
        """As before the first fix."""
        self._mean = self.white_share = self._least

    def seen(self, left_m: float, expected_m2: float, variance_m2: float) -> None:
        """A fix this far left of where it was expected, give or take `expected_m2`; its own variance is stated."""
        square, expected = left_m * left_m / variance_m2, expected_m2 / variance_m2
        most = _SURPRISE_MAX * (self.white_share + expected)
        mean = self._keep * self._mean + (1.0 - self._keep) * ((square if square < most else most) - expected)
        self._mean = mean
        self.white_share = self._least if mean < self._least else 1.0 if mean > 1.0 else mean
