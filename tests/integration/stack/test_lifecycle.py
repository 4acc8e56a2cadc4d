"""The infrastructure of a stack, started, interrupted and stopped for real, as `make` does it."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from stack.control import Stack
from stack.layout import PORT_OFFSETS
from stack.supervision import STATE_VARIABLE

ROOT = Path(__file__).parents[3]
TIMEOUT_SECONDS = 300  # where nothing is in the cache yet, Mailpit is built


def free_port_base() -> int:
    """Where all of a stack's ports were free a moment ago."""
    for base in range(30000, 40000, 100):
        try:
            for offset in PORT_OFFSETS.values():
                with socket.socket() as probe:
                    probe.bind(("127.0.0.1", base + offset))
        except OSError:
            continue
        return base
    pytest.fail("no hundred free ports between 30000 and 40000")


class Command:
    """``python -m stack`` with a state folder and ports of its own."""

    def __init__(self, state: Path) -> None:
        self.state = state
        self.environment = os.environ | {
            "TICKLER_STATE_DIR": str(state),
            "TICKLER_PORT_BASE": str(free_port_base()),
            "TICKLER_KAFKA_PARTITIONS": "1",
            "PYTHONPATH": str(ROOT / "deploy/local"),
        }

    def start(self, *arguments: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [sys.executable, "-m", "stack", *arguments],
            cwd=ROOT,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, *arguments: str) -> str:
        process = self.start(*arguments)
        output, _ = process.communicate(timeout=TIMEOUT_SECONDS)
        assert process.returncode == 0, output
        return output

    def processes(self) -> list[str]:
        """The command lines of what still belongs to this stack."""
        found = []
        for process in psutil.process_iter():
            try:
                if process.environ().get(STATE_VARIABLE) == str(self.state):
                    found.append(" ".join(process.cmdline()))
            except (psutil.NoSuchProcess, psutil.AccessDenied):
                continue
        return found


@pytest.fixture(scope="module")
def command(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Command]:
    """Data folders are made once; every test starts what it needs."""
    command = Command(tmp_path_factory.mktemp("stack") / "state")
    yield command
    command.run("down")
    assert command.processes() == []


def test_starting_twice_changes_nothing_and_stopping_leaves_nothing(command: Command) -> None:
    command.run("up", "--infra-only")
    stack = Stack.load(command.state / "stack.json")
    stack.wait_ready()
    before = {program.name: program.pid for program in stack.supervisor.programs()}
    command.run("up", "--infra-only")
    assert {program.name: program.pid for program in stack.supervisor.programs()} == before
    assert set(before) == {"postgres", "redis", "kafka", "mailpit"}
    command.run("down")
    assert command.processes() == []
    assert not stack.supervisor.running


def test_what_is_killed_comes_back_and_what_is_frozen_goes_on(command: Command) -> None:
    command.run("up", "--infra-only")
    stack = Stack.load(command.state / "stack.json")
    killed = stack.pid("redis")
    stack.kill("redis")
    stack.wait_ready()
    assert stack.pid("redis") != killed
    stack.freeze("mailpit")
    assert stack.unready() == ["mailpit"]
    stack.thaw("mailpit")
    stack.wait_ready()
    stack.stop("mailpit")
    assert stack.unready() == ["mailpit"]
    stack.start("mailpit")
    stack.wait_ready()


def test_a_stack_whose_supervisor_was_killed_is_cleared_away_by_the_next_start(command: Command) -> None:
    command.run("up", "--infra-only")
    orphan = psutil.Process(Stack.load(command.state / "stack.json").pid("kafka"))
    psutil.Process(int((command.state / "supervisord.pid").read_text())).kill()
    command.run("up", "--infra-only")
    assert not orphan.is_running()
    Stack.load(command.state / "stack.json").wait_ready()


def test_an_interrupted_start_leaves_nothing_and_the_next_one_goes_on(command: Command) -> None:
    command.run("down")
    process = command.start("up", "--infra-only")
    assert process.stdout is not None
    process.stdout.readline()  # the first step is done
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=TIMEOUT_SECONDS)
    assert process.returncode in (0, 130), output  # 0 where it was ready the moment before
    if process.returncode:
        assert command.processes() == []
    command.run("up", "--infra-only")
    Stack.load(command.state / "stack.json").wait_ready()


def test_a_port_in_use_is_named_and_nothing_is_started(command: Command) -> None:
    command.run("down")
    with socket.create_server(("127.0.0.1", int(command.environment["TICKLER_PORT_BASE"]) + PORT_OFFSETS["redis"])):
        process = command.start("up", "--infra-only")
        output, _ = process.communicate(timeout=TIMEOUT_SECONDS)
    assert process.returncode == 1
    assert "(redis)" in output
    assert command.processes() == []
