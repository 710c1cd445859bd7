"""How patiently a child is started again. A pure rule: seconds in, seconds out."""

from dataclasses import dataclass


@dataclass(frozen=True)
class BackOff:
    """How long to wait before starting a child again, and when to give up."""

    first_seconds: float = 0.5
    longest_seconds: float = 15
    steady_after_seconds: float = 60
    failures_max: int = 6

    def failures(self, before: int, lived_seconds: float) -> int:
        """Failures in a row: a child that lived long enough begins a new count."""
        return 1 if lived_seconds >= self.steady_after_seconds else before + 1

    def pause_seconds(self, failures: int) -> float:
        return float(min(self.first_seconds * 2 ** (failures - 1), self.longest_seconds))

    def spent(self, failures: int) -> bool:
        return failures > self.failures_max
