"""What Supervisor is to run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Program:
    """A program of the stack."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    stop_signal: str = "TERM"
    stop_seconds: int = 20
    """How long it may take to stop before it is killed."""
    ready: str = ""
    """A URL (``http`` or ``tcp``) that answers once the program is ready; empty where none does."""
