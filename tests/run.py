"""`make test`: lints, checks and packages everything, and runs every suite, the last ones against the whole real stack.

The stack is one of its own: fresh state in `.local/test`, on ports that nothing else uses. `make test ONLY="lint unit"`
runs a part. The last line says how many tests passed and failed; the exit status is 0 only where all did.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from stack import preflight
from stack.errors import StackError
from stack.layout import PORT_OFFSETS
from stack.settings import ROOT
from tests.junit import Count, count

STATE = ROOT / ".local" / "test"
FETCH_LOG = ROOT / ".local" / "test-fetch.log"
REPORTS = ROOT / "dist" / "test" / "reports"
PORT_BASES = range(18000, 30000, 100)
HOSTED_MODELS = ("OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_MODEL")  # no test may reach one
# Integration tests make a database each, and ask nothing that only a disk can answer. The services get it as it is.
HASTY_POSTGRES = {"TICKLER_POSTGRES_OPTIONS": "-c fsync=off -c full_page_writes=off"}
INTERRUPTED_STATUS = 130

STATIC = ("lint", "check")
ALONE = ("unit", "contract")
WITH_INFRASTRUCTURE = ("integration",)
WITH_SERVICES = ("e2e", "faults")
STEPS = (*STATIC, *ALONE, *WITH_INFRASTRUCTURE, *WITH_SERVICES)


@dataclass(frozen=True)
class Result:
    """How a step ended."""

    step: str
    succeeded: bool
    seconds: float
    tests: Count


class StackUnderTest:
    """The stack that the tests run against: fetched beside other work, started in two stages, always stopped."""

    def __init__(self) -> None:
        self._environment = {name: value for name, value in os.environ.items() if name not in HOSTED_MODELS} | {
            "TICKLER_STATE_DIR": str(STATE),
        }
        self._fetching: subprocess.Popen[bytes] | None = None

    def begin_to_fetch(self) -> None:
        """Fetches, builds and packages what is missing, in the background."""
        say(f"fetching, building and packaging what the stack needs, meanwhile: {FETCH_LOG.relative_to(ROOT)}")
        FETCH_LOG.parent.mkdir(exist_ok=True)
        with FETCH_LOG.open("wb") as log:
            self._fetching = subprocess.Popen(
                self._command("fetch"), cwd=ROOT, env=self._environment, stdout=log, stderr=subprocess.STDOUT
            )

    def wait_until_fetched(self) -> bool:
        if self._fetching is None:
            return True
        succeeded = self._fetching.wait() == 0
        sys.stdout.write(FETCH_LOG.read_text("utf-8", errors="replace"))
        return succeeded

    def start_infrastructure(self) -> bool:
        # Chosen only now: what was free before everything was built may be taken by another run.
        self._environment["TICKLER_PORT_BASE"] = str(free_port_base())
        return run(self._command("up", "--infra-only"), self._environment | HASTY_POSTGRES)

    def start_services(self) -> bool:
        return run(self._command("up"), self._environment)

    def down(self) -> None:
        if self._fetching is not None and self._fetching.poll() is None:
            self._fetching.terminate()
            self._fetching.wait()
        if STATE.exists():
            run(self._command("down"), self._environment)

    def clear(self) -> None:
        """Ends what an earlier run may have left, and forgets its data."""
        self.down()
        if STATE.exists():
            shutil.rmtree(STATE)

    def addresses(self) -> dict[str, str]:
        """The variables by which tests find what runs."""
        description = STATE / "stack.json"
        stack = json.loads(description.read_text("utf-8"))
        return {
            "TICKLER_STACK": str(description),
            "TICKLER_TEST_DATABASE_URL": stack["database"]["admin"],
            "TICKLER_TEST_REDIS_URL": stack["redis"],
            "TICKLER_TEST_SMTP": stack["smtp"],
            "TICKLER_TEST_MAILPIT_URL": stack["urls"]["mailpit"],
        }

    @staticmethod
    def _command(*arguments: str) -> Sequence[str]:
        return (sys.executable, "-B", "-m", "stack", *arguments)


class Run:
    """Runs the chosen steps one after the other, whatever became of the ones before, and remembers how each ended."""

    def __init__(self, steps: Sequence[str]) -> None:
        self._steps = steps
        self.results: list[Result] = []

    def chosen(self, steps: Sequence[str]) -> list[str]:
        return [step for step in steps if step in self._steps]

    def static(self) -> None:
        for step in self.chosen(STATIC):
            self._step(step, (step, "::"))

    def suites(self, steps: Sequence[str], addresses: Mapping[str, str] | None = None) -> None:
        # What was found against running processes yesterday says nothing about today.
        force = () if addresses is None else ("--force",)
        for step in self.chosen(steps):
            reports = REPORTS / step
            measured = ("--output=all",) if step in WITH_SERVICES else ()  # shows it also where all passed
            where = f"--report-dir={reports.relative_to(ROOT)}"
            self._step(step, ("test", *force, *measured, where, f"tests/{step}::"), addresses or {}, reports)

    def impossible(self, steps: Sequence[str], why: str) -> None:
        for step in self.chosen(steps):
            heading(step)
            say(why)
            self.results.append(Result(step, succeeded=False, seconds=0, tests=Count(failed=1)))

    def _step(
        self, step: str, pants: Sequence[str], addresses: Mapping[str, str] | None = None, reports: Path | None = None
    ) -> None:
        heading(step)
        started = time.monotonic()
        succeeded = run((str(ROOT / "pants"), *pants), {**os.environ, **(addresses or {})})
        tests = count(reports.glob("*.xml")) if reports is not None and reports.exists() else Count()
        # A suite that ended before it could report, or that has no test, did not pass.
        if not tests.failed and (not succeeded or (reports is not None and not tests.passed)):
            tests += Count(failed=1)
        self.results.append(Result(step, not tests.failed, time.monotonic() - started, tests))


def main(arguments: Sequence[str]) -> int:
    steps = arguments or STEPS
    if unknown := set(steps) - set(STEPS):
        say(f"there is no step {', '.join(sorted(unknown))}; there are {', '.join(STEPS)}")
        return 2
    try:
        preflight.check()
    except StackError as error:
        say(str(error))
        return 2
    os.chdir(ROOT)
    heading("prerequisites")
    if not run(("./pants", "--version"), os.environ):
        return 2
    shutil.rmtree(REPORTS, ignore_errors=True)
    signal.signal(signal.SIGTERM, interrupt)
    signal.signal(signal.SIGHUP, interrupt)

    test_run = Run(steps)
    try:
        run_steps(test_run)
    except KeyboardInterrupt:
        say("interrupted")
        return INTERRUPTED_STATUS
    return report(test_run.results)


def run_steps(test_run: Run) -> None:
    on_a_stack = test_run.chosen((*WITH_INFRASTRUCTURE, *WITH_SERVICES))
    if not on_a_stack:
        test_run.static()
        test_run.suites(ALONE)
        return
    stack = StackUnderTest()
    try:
        stack.clear()
        if test_run.chosen(WITH_SERVICES):
            stack.begin_to_fetch()
        test_run.static()
        test_run.suites(ALONE)
        heading("infrastructure")
        if not stack.wait_until_fetched() or not stack.start_infrastructure():
            test_run.impossible(on_a_stack, "the infrastructure could not be started; see above")
            return
        test_run.suites(WITH_INFRASTRUCTURE, stack.addresses())
        if test_run.chosen(WITH_SERVICES):
            heading("services")
            if not stack.start_services():
                test_run.impossible(WITH_SERVICES, "the services could not be started; see above")
                return
            test_run.suites(WITH_SERVICES, stack.addresses())
    finally:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)  # a second Ctrl-C must not leave half of it running
        stack.down()


def report(results: Sequence[Result]) -> int:
    heading("results")
    for result in results:
        outcome = "ok" if result.succeeded else "FAILED"
        say(f"{result.step:12} {outcome:7} {result.seconds:6.0f} s   {result.tests}")
    total = sum((result.tests for result in results), start=Count())
    say(str(total))
    return 0 if results and all(result.succeeded for result in results) else 1


def run(command: Sequence[str], environment: Mapping[str, str]) -> bool:
    """Whether `command` succeeded; its output goes where ours does."""
    return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode == 0


def free_port_base() -> int:
    """Where all of a stack's ports are free."""
    for base in PORT_BASES:
        if all(is_free(base + offset) for offset in PORT_OFFSETS.values()):
            return base
    raise SystemExit("no free block of ports for the stack of the tests")


def is_free(port: int) -> bool:
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as servers do: a closed connection may linger
        try:
            listener.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


STARTED = time.monotonic()


def heading(text: str) -> None:
    say(f"\n== {text} == ({time.monotonic() - STARTED:.0f} s)")


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
