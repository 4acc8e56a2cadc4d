"""The services' PEXes: packaged anew where their sources changed."""

import shlex
from collections.abc import Iterable
from pathlib import Path

from stack.cache import file_lock, fingerprint
from stack.commands import Commands
from stack.layout import Service
from stack.settings import Settings

_SHARED_SOURCES = ("src/python/events", "3rdparty/python", "build-support/macros.py", "pants.toml")
_LEFT_OUT = {"__pycache__", ".mypy_cache", ".ruff_cache"}


class Packages:
    """The services as they are built from the checkout."""

    def __init__(self, settings: Settings, commands: Commands) -> None:
        self._settings = settings
        self._commands = commands

    def fingerprint(self, service: Service) -> str:
        """A digest of what a service is made from, and of how it is run."""
        root = self._settings.root
        parts: list[str | bytes] = [self._settings.service_command]
        for source in (f"src/python/{service.package}", *_SHARED_SOURCES):
            for path in _files(root / source):
                parts += [str(path.relative_to(root)), path.read_bytes()]
        return fingerprint(parts)

    def package(self, services: Iterable[Service]) -> None:
        """Makes the PEXes that are missing or made from other sources, all in one go, which Pants spreads itself."""
        if not self._settings.packaged:
            return
        with file_lock(self._settings.root / ".local/package.lock", self._commands):
            wanted = {service: self.fingerprint(service) for service in services}
            outdated = [service for service, sources in wanted.items() if not self._is_made(service, sources)]
            if not outdated:
                return
            self._commands.run(
                [
                    *shlex.split(self._settings.package_command),
                    *(f"src/python/{service.package}:{service.package}" for service in outdated),
                ],
                log=self._settings.logs / "package.log",
                cwd=self._settings.root,
            )
            for service in outdated:
                self._stamp(service).write_text(wanted[service], "utf-8")

    def _pex(self, service: Service) -> Path:
        return self._settings.root / self._settings.service_command.format(package=service.package)

    def _stamp(self, service: Service) -> Path:
        """What the PEX beside it was made from."""
        return self._pex(service).with_suffix(".sources")

    def _is_made(self, service: Service, sources: str) -> bool:
        stamp = self._stamp(service)
        return self._pex(service).exists() and stamp.exists() and stamp.read_text("utf-8") == sources


def _files(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    return sorted(found for found in path.rglob("*") if found.is_file() and not _LEFT_OUT.intersection(found.parts))
