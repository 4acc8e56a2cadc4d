"""The services' PEXes: packaged anew where their sources changed."""

import shlex
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

    def package(self, service: Service) -> None:
        """Makes a service's PEX, unless the one that is there is made from these very sources."""
        if not self._settings.packaged:
            return
        pex = self._settings.root / self._settings.service_command.format(package=service.package)
        stamp = pex.with_suffix(".sources")
        wanted = self.fingerprint(service)
        if self._is_made(pex, stamp, wanted):
            return
        # One at a time: Pants runs what it can side by side by itself.
        with file_lock(self._settings.root / ".local/package.lock", self._commands):
            self._commands.run(
                shlex.split(self._settings.package_command.format(package=service.package)),
                log=self._settings.logs / f"package-{service.app_id}.log",
                cwd=self._settings.root,
            )
            stamp.write_text(wanted, "utf-8")

    @staticmethod
    def _is_made(pex: Path, stamp: Path, wanted: str) -> bool:
        return pex.exists() and stamp.exists() and stamp.read_text("utf-8") == wanted


def _files(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    return sorted(found for found in path.rglob("*") if found.is_file() and not _LEFT_OUT.intersection(found.parts))
