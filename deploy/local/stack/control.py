"""A running stack, for tests and tools: its processes by name, killed, frozen, stopped and started."""

import http.client
import json
import os
import signal
import socket
import time
import urllib.request
import xmlrpc.client
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from stack.errors import StackError
from stack.layout import GROUPS

_ALREADY_STARTED = 60  # Supervisor's fault codes
_NOT_RUNNING = 70
_PROBE_TIMEOUT_SECONDS = 2.0
_POLL_SECONDS = 0.05

GROUP_OF = {program: group for group, programs in GROUPS.items() for program in programs}


@dataclass(frozen=True)
class ProgramStatus:
    """What Supervisor knows about a program."""

    name: str
    state: str
    """``STOPPED``, ``STARTING``, ``RUNNING``, ``BACKOFF``, ``STOPPING``, ``EXITED`` or ``FATAL``."""
    pid: int | None
    description: str


class Supervisor:
    """Supervisor's own interface, on its Unix socket."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def running(self) -> bool:
        """Whether Supervisor answers, be it only that it is about to end."""
        try:
            self.call("supervisor.getState")
        except xmlrpc.client.Fault:
            return True
        except OSError:
            return False
        return True

    def call(self, method: str, *arguments: Any) -> Any:
        """Calls a method of Supervisor's XML-RPC interface.

        Raises:
            OSError: Supervisor does not run.
            xmlrpc.client.Fault: it refused.
        """
        proxy = xmlrpc.client.ServerProxy("http://supervisor", transport=_UnixTransport(self.path))
        with proxy:
            return getattr(proxy, method)(*arguments)

    def programs(self) -> list[ProgramStatus]:
        found = {
            info["name"]: ProgramStatus(info["name"], info["statename"], info["pid"] or None, info["description"])
            for info in cast("list[dict[str, Any]]", self.call("supervisor.getAllProcessInfo"))
        }
        return [found[name] for name in GROUP_OF if name in found]

    def program(self, name: str) -> ProgramStatus:
        for status in self.programs():
            if status.name == name:
                return status
        raise StackError(f"the running stack has no program {name}; it has {', '.join(GROUP_OF)}")

    def start(self, program: str, *, wait: bool = True) -> None:
        """Starts a program that does not run; with `wait`, returns once it has run for a second."""
        self._tolerating(_ALREADY_STARTED, "supervisor.startProcess", _full_name(program), wait)

    def stop(self, program: str) -> None:
        """Stops a program in its own way, and returns once it is gone."""
        self._tolerating(_NOT_RUNNING, "supervisor.stopProcess", _full_name(program), True)

    def _tolerating(self, code: int, method: str, *arguments: Any) -> None:
        try:
            self.call(method, *arguments)
        except xmlrpc.client.Fault as fault:
            if fault.faultCode != code:
                raise StackError(f"{method}{arguments}: {fault.faultString}") from fault


class Stack:
    """A stack that was started, as its ``stack.json`` describes it."""

    def __init__(self, info: dict[str, Any]) -> None:
        self.info = info
        self.supervisor = Supervisor(Path(info["supervisor"]))

    @classmethod
    def load(cls, description: Path | str) -> "Stack":
        """The stack that a ``stack.json`` describes."""
        return cls(json.loads(Path(description).read_text("utf-8")))

    def command(self, service: str) -> tuple[list[str], dict[str, str]]:
        """How to run a command of a service as this stack would: the start of its arguments, and its environment."""
        commands = self.info["commands"]
        if service not in commands:
            raise StackError(f"there is no service {service!r}; there are {', '.join(commands)}")
        return list(commands[service]["argv"]), dict(commands[service]["environment"])

    def pid(self, program: str) -> int:
        """The id of a program's process.

        Raises:
            StackError: it does not run at the moment.
        """
        status = self.supervisor.program(program)
        if status.pid is None:
            raise StackError(f"{program} does not run: {status.state} ({status.description})")
        return status.pid

    def kill(self, program: str) -> None:
        """Ends a program's process with SIGKILL. Supervisor starts it again."""
        os.kill(self.pid(program), signal.SIGKILL)

    def freeze(self, program: str) -> None:
        """Stops a program's processes in their tracks with SIGSTOP; their connections stay open."""
        for pid in process_tree(self.pid(program)):
            _signal(pid, signal.SIGSTOP)

    def thaw(self, program: str) -> None:
        """Lets a frozen program go on."""
        for pid in process_tree(self.pid(program)):
            _signal(pid, signal.SIGCONT)

    def stop(self, program: str) -> None:
        """Stops a program as on shutdown, and waits until it is gone. It stays stopped until `start`."""
        self.supervisor.stop(program)

    def start(self, program: str) -> None:
        """Starts a stopped program, and waits until it has run for a second."""
        self.supervisor.start(program)

    def is_ready(self) -> bool:
        """Whether every program runs and answers."""
        return not self.unready()

    def unready(self) -> list[str]:
        """The programs that do not run or do not answer."""
        found = [status.name for status in self.supervisor.programs() if status.state not in ("RUNNING", "STARTING")]
        found += [name for name, url in self.info["ready"].items() if name not in found and not answers(url)]
        return found

    def wait_ready(self, timeout: float = 60) -> None:
        """Waits until every program runs and answers.

        Raises:
            StackError: `timeout` seconds were not enough; the message names those that are missing.
        """
        deadline = time.monotonic() + timeout
        while missing := self.unready():
            if time.monotonic() > deadline:
                raise StackError(f"not ready within {timeout:.0f} s: {', '.join(missing)}")
            time.sleep(_POLL_SECONDS)


def answers(url: str) -> bool:
    """Whether an ``http`` URL answers with success, or a ``tcp`` address accepts connections, within two seconds."""
    scheme, _, address = url.partition("://")
    try:
        if scheme == "tcp":
            host, _, port = address.rpartition(":")
            socket.create_connection((host, int(port)), timeout=_PROBE_TIMEOUT_SECONDS).close()
        else:
            urllib.request.urlopen(url, timeout=_PROBE_TIMEOUT_SECONDS).close()  # noqa: S310
    except (OSError, http.client.HTTPException):  # urllib's errors are OSErrors
        return False
    return True


def process_tree(pid: int) -> list[int]:
    """A process and its descendants, parents first."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                stat = (entry / "stat").read_text()
            except OSError:  # it ended meanwhile
                continue
            parent = int(stat.rpartition(")")[2].split()[1])
            children.setdefault(parent, []).append(int(entry.name))
    tree = [pid]
    for process in tree:
        tree.extend(children.get(process, []))
    return tree


def _signal(pid: int, number: int) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def _full_name(program: str) -> str:
    if program not in GROUP_OF:
        raise StackError(f"there is no program {program!r}; there are {', '.join(GROUP_OF)}")
    return f"{GROUP_OF[program]}:{program}"


class _UnixTransport(xmlrpc.client.Transport):
    """XML-RPC over HTTP on a Unix socket."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path

    def make_connection(self, host: tuple[str, dict[str, str]] | str) -> http.client.HTTPConnection:
        connection = _UnixConnection(self.path)
        self._connection = host, connection  # which `close` closes
        return connection


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("supervisor")
        self.path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.connect(str(self.path))
