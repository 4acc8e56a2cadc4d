"""Supervisor: its configuration, its start and its end."""

import hashlib
import os
import shlex
import signal
import subprocess
import tempfile
import time
import xmlrpc.client
from collections.abc import Iterable, Mapping
from pathlib import Path

from stack.commands import Commands, tail
from stack.control import Supervisor, process_tree
from stack.credentials import write_private
from stack.errors import StackError
from stack.layout import GROUPS
from stack.plan import wait_until
from stack.program import Program
from stack.settings import Settings

STATE_VARIABLE = "TICKLER_STACK_STATE"
"""Every process of a stack has this in its environment, so that those of a stack that lost its supervisor are found."""

_LONGEST_SOCKET_PATH = 100  # the system allows 107
_START_TIMEOUT_SECONDS = 20
_STOP_TIMEOUT_SECONDS = 120
_LEFTOVER_SECONDS = 10


def socket_path(state: Path) -> Path:
    """Where Supervisor listens: in the state folder, or elsewhere where that path is too long for a socket."""
    usual = state / "supervisor.sock"
    if len(str(usual)) <= _LONGEST_SOCKET_PATH:
        return usual
    name = hashlib.sha256(str(state).encode()).hexdigest()[:16]
    folder = Path(tempfile.gettempdir()) / f"tickler-{os.getuid()}-{name}"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder / "supervisor.sock"


class Supervision:
    """The Supervisor of one stack."""

    def __init__(self, settings: Settings, commands: Commands) -> None:
        self._settings = settings
        self._commands = commands
        self._socket = socket_path(settings.state)
        self._config = settings.state / "supervisord.conf"
        self._pid_file = settings.state / "supervisord.pid"
        self.supervisor = Supervisor(self._socket)

    @property
    def running(self) -> bool:
        return self.supervisor.running

    def start(self, tools: Path) -> None:
        """Starts Supervisor without any program, in the background and apart from this terminal."""
        self._write({})
        self._settings.logs.mkdir(parents=True, exist_ok=True)
        log = self._settings.logs / "supervisord.log"
        command = [str(tools / "bin/python"), "-m", "supervisor.supervisord", "--nodaemon", "-c", str(self._config)]
        with log.open("ab") as output:
            process = subprocess.Popen(  # noqa: S603
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=self._environment(),
                cwd=self._settings.root,
                start_new_session=True,
            )

        def is_up() -> bool:
            if process.poll() is not None:
                raise StackError(f"Supervisor did not start; {log} ends with\n{tail(log)}")
            return self.running

        wait_until(is_up, what="Supervisor", timeout=_START_TIMEOUT_SECONDS, commands=self._commands, hint=f"see {log}")

    def apply(self, programs: Iterable[Program]) -> None:
        """Makes `programs` those that Supervisor knows; what changed is stopped. Nothing is started."""
        by_name = {program.name: program for program in programs}
        self._write(by_name)
        [[added, changed, removed]] = self.supervisor.call("supervisor.reloadConfig")
        # What is stopped here is stopped as on shutdown: from the last group to the first.
        for group in sorted({*changed, *removed}, key=list(GROUPS).index, reverse=True):
            self.supervisor.call("supervisor.stopProcessGroup", group, True)
            self.supervisor.call("supervisor.removeProcessGroup", group)
        for group in [*added, *changed]:
            self.supervisor.call("supervisor.addProcessGroup", group)

    def stop(self) -> None:
        """Stops every program in order, and Supervisor itself.

        Raises:
            StackError: it did not end in time.
        """
        self._await_spawned()
        try:
            self.supervisor.call("supervisor.shutdown")
        except xmlrpc.client.Fault:  # it is ending already
            pass
        except OSError:
            self.end_leftovers()
            return
        deadline = time.monotonic() + _STOP_TIMEOUT_SECONDS
        while self.running or self._pid_file.exists():
            if time.monotonic() > deadline:
                raise StackError(f"Supervisor did not end within {_STOP_TIMEOUT_SECONDS} s; see {self._settings.logs}")
            time.sleep(0.05)
        self.end_leftovers()

    def _await_spawned(self) -> None:
        """Waits while a program that was just started is still a copy of Supervisor: it would lose the signal that is
        to stop it, and be killed only much later.
        """
        try:
            pid = int(self._pid_file.read_text())
        except FileNotFoundError:
            return
        deadline = time.monotonic() + _START_TIMEOUT_SECONDS
        while time.monotonic() < deadline:
            itself, *others = [_command_line(process) for process in process_tree(pid)]
            if itself not in others:
                return
            time.sleep(0.02)

    def end_leftovers(self) -> None:
        """Ends the processes of this stack that no supervisor looks after: theirs was killed."""
        marker = f"{STATE_VARIABLE}={self._settings.state}".encode()
        for number in (signal.SIGTERM, signal.SIGKILL):
            deadline = time.monotonic() + _LEFTOVER_SECONDS
            for pid in _processes_with(marker):
                try:
                    os.kill(pid, signal.SIGCONT)  # one that is frozen could not end
                    os.kill(pid, number)
                except ProcessLookupError:
                    continue
            while _processes_with(marker) and time.monotonic() < deadline:
                time.sleep(0.1)
        self._pid_file.unlink(missing_ok=True)
        self._socket.unlink(missing_ok=True)

    def _environment(self) -> dict[str, str]:
        """What every program inherits: little, so that a stack does not depend on who starts it."""
        kept = ("HOME", "PATH", "LANG", "LC_ALL", "TMPDIR", "XDG_CACHE_HOME", "SSL_CERT_FILE", "PEX_ROOT")
        host = self._settings.host_environment
        return {name: host[name] for name in kept if name in host} | {STATE_VARIABLE: str(self._settings.state)}

    def _write(self, programs: Mapping[str, Program]) -> None:
        write_private(
            self._config,
            config_text(programs, socket=self._socket, pid_file=self._pid_file, settings=self._settings),
        )


def config_text(programs: Mapping[str, Program], *, socket: Path, pid_file: Path, settings: Settings) -> str:
    """Supervisor's configuration."""
    lines = [
        "[unix_http_server]",
        f"file = {_value(socket)}",
        "chmod = 0700",
        "",
        "[rpcinterface:supervisor]",
        "supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface",
        "",
        "[supervisord]",
        f"pidfile = {_value(pid_file)}",
        f"logfile = {_value(settings.logs / 'supervisord.log')}",
        "logfile_maxbytes = 0",
        "silent = true",
        "minfds = 4096",
    ]
    for priority, (group, names) in enumerate(GROUPS.items(), start=1):
        present = [name for name in names if name in programs]
        if present:
            lines += ["", f"[group:{group}]", f"programs = {','.join(present)}", f"priority = {priority}"]
    for program in programs.values():
        lines += ["", f"[program:{program.name}]", *_program_lines(program, settings)]
    return "\n".join(lines) + "\n"


def _program_lines(program: Program, settings: Settings) -> list[str]:
    environment = ",".join(f"{name}={_quoted(value)}" for name, value in sorted(program.environment.items()))
    return [
        f"command = {_value(shlex.join(program.command))}",
        f"directory = {_value(settings.state)}",
        *([f"environment = {environment}"] if environment else []),
        "autostart = false",
        "autorestart = true",
        "startsecs = 1",
        f"startretries = {2**31}",  # for ever; the pause grows by a second a try
        f"stopsignal = {program.stop_signal}",
        f"stopwaitsecs = {program.stop_seconds}",
        "killasgroup = true",
        "redirect_stderr = true",
        f"stdout_logfile = {_value(settings.logs / f'{program.name}.log')}",
        "stdout_logfile_maxbytes = 50MB",
        "stdout_logfile_backups = 1",
    ]


def _value(value: object) -> str:
    """A value of the configuration, in which ``%`` begins an expansion."""
    return str(value).replace("%", "%%")


def _quoted(value: str) -> str:
    """A value of an environment variable.

    Raises:
        StackError: Supervisor's configuration cannot hold it.
    """
    if '"' not in value:
        return f'"{_value(value)}"'
    if "'" not in value:
        return f"'{_value(value)}'"
    raise StackError(f"the value of an environment variable holds both kinds of quotes: {value}")


def _command_line(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:  # it ended meanwhile
        return b""


def _processes_with(marker: bytes) -> list[int]:
    """The processes with `marker` among the variables that they were started with."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                variables = (entry / "environ").read_bytes().split(b"\0")
            except OSError:  # it ended, or is another user's
                continue
            if marker in variables:
                found.append(int(entry.name))
    return found
