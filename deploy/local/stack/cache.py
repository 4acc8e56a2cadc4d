"""Immutable things that are expensive to make, kept outside the checkout and shared by every stack on the machine."""

import fcntl
import hashlib
import platform
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from stack.commands import Commands


class Cache:
    """Folders named after what they were made from. One is there whole or not at all."""

    def __init__(self, root: Path, commands: Commands) -> None:
        self._root = root
        self._commands = commands

    def find(self, name: str, inputs: Iterable[str | bytes]) -> Path | None:
        """The folder made from these inputs, if it is there."""
        target = self._target(name, inputs)
        return target if target.is_dir() else None

    def get(self, name: str, inputs: Iterable[str | bytes], make: Callable[[Path], None]) -> Path:
        """The folder made by `make` from these inputs on this kind of machine; made now where it is not there."""
        target = self._target(name, inputs)
        if target.is_dir():
            return target
        self._root.mkdir(parents=True, exist_ok=True)
        with file_lock(self._root / f".{name}.lock", self._commands):
            if target.is_dir():  # another process made it while this one waited
                return target
            self._remove_unfinished(name)
            unfinished = Path(tempfile.mkdtemp(prefix=f".{name}-", dir=self._root))
            try:
                make(unfinished)
                unfinished.chmod(0o755)
                unfinished.rename(target)
            except BaseException:
                shutil.rmtree(unfinished, ignore_errors=True)
                raise
        return target

    def _target(self, name: str, inputs: Iterable[str | bytes]) -> Path:
        return self._root / f"{name}-{fingerprint([platform.machine(), *inputs])}"

    def _remove_unfinished(self, name: str) -> None:
        """What a process left that was killed while it made this: the lock is held, so nobody is at it."""
        for left in self._root.glob(f".{name}-*"):
            shutil.rmtree(left, ignore_errors=True)


def fingerprint(parts: Iterable[str | bytes]) -> str:
    """A short digest of parts in their order."""
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        digest.update(len(data).to_bytes(8, "big"))
        digest.update(data)
    return digest.hexdigest()[:20]


@contextmanager
def file_lock(path: Path, commands: Commands, on_wait: Callable[[], None] = lambda: None) -> Iterator[None]:
    """Holds an exclusive lock, which the system releases should this process die. Waiting can be interrupted."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        waiting = False
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if not waiting:
                    waiting = True
                    on_wait()
                commands.pause(0.1)
        yield
