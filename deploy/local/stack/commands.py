"""Running other programs to their end, so that an interruption ends them too."""

import os
import signal
import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from stack.errors import Interrupted, StackError

_KILL_AFTER_SECONDS = 5.0


class Commands:
    """The programs that steps run. Each has a process group of its own, which `interrupt` ends as a whole."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: set[subprocess.Popen[bytes]] = set()
        self._interrupted = threading.Event()

    def run(
        self,
        argv: Sequence[str | Path],
        *,
        log: Path,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        stdin: str = "",
    ) -> None:
        """Runs a program with its output in `log`.

        Raises:
            StackError: it cannot be run, or failed; the message ends with the last lines of its output.
            Interrupted: `interrupt` was called.
        """
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("wb") as output:
            self._run(argv, output.fileno(), env, cwd, stdin, log)

    def _run(
        self,
        argv: Sequence[str | Path],
        output: int,
        env: Mapping[str, str] | None,
        cwd: Path | None,
        stdin: str,
        log: Path,
    ) -> None:
        with self._lock:
            self.check()
            try:
                process = subprocess.Popen(  # noqa: S603
                    [str(part) for part in argv],
                    stdin=subprocess.PIPE,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    env=None if env is None else dict(env),
                    cwd=cwd,
                    start_new_session=True,
                )
            except OSError as error:
                raise StackError(f"cannot run {argv[0]}: {error.strerror}") from error
            self._running.add(process)
        try:
            process.communicate(stdin.encode())
        finally:
            with self._lock:
                self._running.discard(process)
        self.check()
        if process.returncode:
            raise StackError(
                f"{Path(argv[0]).name} ended with status {process.returncode}; {log} ends with\n{tail(log)}"
            )

    def check(self) -> None:
        """Raises `Interrupted` once `interrupt` was called."""
        if self._interrupted.is_set():
            raise Interrupted

    def pause(self, seconds: float) -> None:
        """Waits, but not past an interruption, which it raises."""
        self._interrupted.wait(seconds)
        self.check()

    def interrupt(self) -> None:
        """Ends what is running and lets nothing start any more."""
        self._interrupted.set()
        with self._lock:
            running = list(self._running)
        for process in running:
            _signal_group(process, signal.SIGTERM)
        for process in running:
            try:
                process.wait(_KILL_AFTER_SECONDS)
            except subprocess.TimeoutExpired:
                _signal_group(process, signal.SIGKILL)


def _signal_group(process: subprocess.Popen[bytes], number: int) -> None:
    try:
        os.killpg(process.pid, number)
    except ProcessLookupError:
        return


INTERRUPTIONS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""What ends a command of the stack: Ctrl-C, a polite kill, a closed terminal."""


@contextmanager
def uninterruptible() -> Iterator[None]:
    """Ignores interruptions of the main thread: a second Ctrl-C must not leave things half stopped."""
    before = {number: signal.signal(number, signal.SIG_IGN) for number in INTERRUPTIONS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def output_of(argv: Sequence[str | Path], timeout: float = 20) -> str | None:
    """What a quick program prints, both streams together; none where it cannot be run or fails."""
    try:
        done = subprocess.run(  # noqa: S603
            [str(part) for part in argv],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=timeout,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.decode(errors="replace")


def tail(path: Path, lines: int = 15) -> str:
    """The last lines of a log, indented; empty where there is none."""
    try:
        text = path.read_text("utf-8", "replace")
    except FileNotFoundError:
        return ""
    return "\n".join(f"    {line}" for line in text.splitlines()[-lines:])
