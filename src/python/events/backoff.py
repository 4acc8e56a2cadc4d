"""How long to wait before trying again."""

from collections.abc import Callable
from dataclasses import dataclass, field
from random import SystemRandom


def full_jitter(limit: float) -> float:
    """Anything between nothing and `limit`, so that those who failed together do not come back together."""
    return SystemRandom().uniform(0, limit)


@dataclass(frozen=True)
class Backoff:
    """Exponential backoff. Durations are in seconds."""

    first: float
    factor: float
    maximum: float
    jitter: Callable[[float], float] = field(default=full_jitter)

    def delay(self, attempt: int) -> float:
        """How long to wait after the `attempt`-th failure in a row; the first is 1."""
        # The exponent is bounded so that a very long row of failures does not overflow.
        return self.jitter(min(self.maximum, self.first * self.factor ** min(attempt - 1, 60)))
