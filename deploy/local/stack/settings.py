"""What the user may choose, from environment variables that begin with ``TICKLER_``."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from stack.errors import StackError
from stack.layout import PORT_OFFSETS

ROOT = Path(__file__).resolve().parents[3]
"""The checkout."""

DEFAULT_SERVICE_COMMAND = "dist/src.python.{package}/{package}.pex"


@dataclass(frozen=True)
class Settings:
    """The settings of one stack. Two stacks run side by side where `state` and `port_base` differ."""

    root: Path
    state: Path
    cache: Path
    port_base: int
    ports: Mapping[str, int]
    partitions: int
    service_command: str
    service_environment: Mapping[str, str]
    package_command: str
    start_timeout: float
    postgres_options: str
    host_environment: Mapping[str, str]

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ, root: Path = ROOT) -> "Settings":
        """Reads ``TICKLER_STATE_DIR``, ``_CACHE_DIR``, ``_PORT_BASE``, ``_PORT_<NAME>``, ``_KAFKA_PARTITIONS``,
        ``_SERVICE_COMMAND``, ``_SERVICE_ENV``, ``_PACKAGE_COMMAND``, ``_START_TIMEOUT`` (seconds) and
        ``_POSTGRES_OPTIONS``.

        Raises:
            StackError: a setting cannot be understood.
        """

        def text(name: str, default: str) -> str:
            return environ.get(f"TICKLER_{name}") or default

        def number(name: str, default: int, least: int, most: int) -> int:
            value = text(name, str(default))
            if not value.isdecimal() or not least <= int(value) <= most:
                raise StackError(f"TICKLER_{name} is {value!r}; it must be a number from {least} to {most}")
            return int(value)

        home = Path(environ.get("HOME") or Path.home())
        base = number("PORT_BASE", 8000, 1024, 65400)
        ports = {
            name: number(f"PORT_{name.upper().replace('-', '_')}", base + offset, 1, 65535)
            for name, offset in PORT_OFFSETS.items()
        }
        if len(set(ports.values())) < len(ports):
            raise StackError("two of the ports chosen with TICKLER_PORT_… are the same")
        service_environment = environ.get("TICKLER_SERVICE_ENV")
        return cls(
            root=root,
            state=(root / text("STATE_DIR", ".local")).absolute(),
            cache=Path(text("CACHE_DIR", str(Path(environ.get("XDG_CACHE_HOME") or home / ".cache") / "tickler"))),
            port_base=base,
            ports=ports,
            partitions=number("KAFKA_PARTITIONS", 12, 1, 1000),
            service_command=text("SERVICE_COMMAND", DEFAULT_SERVICE_COMMAND),
            service_environment=read_env_file(root / service_environment) if service_environment else {},
            package_command=text("PACKAGE_COMMAND", "./pants package"),
            start_timeout=float(number("START_TIMEOUT", 120, 1, 3600)),
            postgres_options=text("POSTGRES_OPTIONS", ""),
            host_environment=dict(environ),
        )

    @property
    def packaged(self) -> bool:
        """Whether services run from their PEXes, not from a command of the developer's."""
        return self.service_command == DEFAULT_SERVICE_COMMAND

    @property
    def description(self) -> Path:
        """The file that tells tests and tools where everything is."""
        return self.state / "stack.json"

    @property
    def logs(self) -> Path:
        return self.state / "logs"

    def address(self, port: str) -> str:
        return f"127.0.0.1:{self.ports[port]}"

    def url(self, port: str) -> str:
        return f"http://{self.address(port)}"


def read_env_file(path: Path) -> dict[str, str]:
    """Lines of ``NAME=value``; empty lines and those that begin with ``#`` say nothing.

    Raises:
        StackError: the file is not there, or a line is none of these.
    """
    try:
        lines = path.read_text("utf-8").splitlines()
    except OSError as error:
        raise StackError(f"TICKLER_SERVICE_ENV: {error}") from error
    values: dict[str, str] = {}
    for number, line in enumerate(lines, start=1):
        stripped = line.strip()
        if not stripped or stripped.startswith("#"):
            continue
        name, equals, value = stripped.partition("=")
        if not equals or not name.isidentifier():
            raise StackError(f"{path}, line {number}: {stripped!r} is not NAME=value")
        values[name] = value
    return values
