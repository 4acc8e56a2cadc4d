"""The command line of the local stack; `make help` shows the usual ways in."""

import argparse
import os
import signal
import sys
import time
from types import FrameType
from typing import NoReturn

from stack import inbox, preflight
from stack.commands import INTERRUPTIONS, Commands, uninterruptible
from stack.console import Console
from stack.control import ProgramStatus, Stack
from stack.errors import Interrupted, StackError
from stack.layout import PROGRAMS, SERVICES
from stack.lifecycle import Lifecycle, load_running
from stack.settings import Settings

_WATCH_SECONDS = 1.0
_INTERRUPTED_STATUS = 130


def main() -> int:
    arguments = _parser().parse_args()
    console = Console()
    commands = Commands()
    _end_on_signals()
    try:
        preflight.check()
        settings = Settings.from_environment()
        return _run(arguments, settings, console, Lifecycle(settings, console, commands))
    except (KeyboardInterrupt, Interrupted):
        console.error("interrupted; the same command goes on from here")
        return _INTERRUPTED_STATUS
    except (StackError, OSError) as error:
        console.error(f"\nfailed: {error}")
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="stack", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    verbs.add_parser("run", help="start everything, and stop it on Ctrl-C")
    up = verbs.add_parser("up", help="start everything in the background")
    up.add_argument("--infra-only", action="store_true", help="only PostgreSQL, Redis, Kafka and Mailpit")
    verbs.add_parser("down", help="stop everything")
    verbs.add_parser("fetch", help="fetch and build what is missing, and start nothing")
    verbs.add_parser("status", help="what runs")
    restart = verbs.add_parser("restart", help="package a service anew and start it again")
    restart.add_argument("service", choices=[service.app_id for service in SERVICES])
    logs = verbs.add_parser("logs", help="follow the logs")
    logs.add_argument("programs", nargs="*", metavar="PROGRAM", help=", ".join(PROGRAMS))
    command = verbs.add_parser("command", help="run a command of a service, such as dead-letters list")
    command.add_argument("service", choices=[service.app_id for service in SERVICES])
    command.add_argument("words", nargs=argparse.REMAINDER, metavar="ARGUMENT")
    mails = verbs.add_parser("inbox", help="the mails received")
    mails.add_argument("mail", nargs="?", help="the id of one, or 'latest', to see its text")
    return parser


def _run(arguments: argparse.Namespace, settings: Settings, console: Console, lifecycle: Lifecycle) -> int:
    match arguments.verb:
        case "run":
            return _run_in_foreground(settings, console, lifecycle)
        case "up":
            lifecycle.up(infrastructure_only=arguments.infra_only)
            _welcome(settings, console, infrastructure_only=arguments.infra_only)
        case "down":
            lifecycle.down()
            console.line("everything is stopped")
        case "fetch":
            lifecycle.fetch()
            console.line("everything is there")
        case "restart":
            _require(settings)
            [service] = [service for service in SERVICES if service.app_id == arguments.service]
            lifecycle.restart(service)
            console.line(f"{service.app_id} is restarted")
        case "status":
            return _status(settings, console)
        case "inbox":
            console.plain(inbox.read(_require(settings).info["urls"]["mailpit"], arguments.mail))
        case "command":
            argv, environment = _require(settings).command(arguments.service)
            os.execvpe(argv[0], [*argv, *arguments.words], environment)  # noqa: S606
        case "logs":
            _follow_logs(settings, arguments.programs)
    return 0


def _run_in_foreground(settings: Settings, console: Console, lifecycle: Lifecycle) -> int:
    if load_running(settings) is not None:
        console.plain("It runs already; `make down` stops it.")
        lifecycle.up(infrastructure_only=False)
        _welcome(settings, console, infrastructure_only=False)
        return 0
    try:
        lifecycle.up(infrastructure_only=False)
        _welcome(settings, console, infrastructure_only=False)
        console.plain("Ctrl-C stops everything.")
        _watch(settings, console)
    except KeyboardInterrupt:
        console.plain()
        console.line("stopping everything")
        return 0
    finally:
        with uninterruptible():
            lifecycle.down()
        console.line("everything is stopped")
    return 0


def _watch(settings: Settings, console: Console) -> None:
    """Tells what dies and comes back, until the stack ends."""
    known: dict[str, ProgramStatus] = {}
    while (stack := load_running(settings)) is not None:
        try:
            programs = stack.supervisor.programs()
        except OSError:  # it ended between the two calls
            break
        for program in programs:
            before = known.get(program.name)
            if before is not None and before.pid != program.pid:
                console.line(f"{program.name}: {program.state.lower()}, {program.description}")
            known[program.name] = program
        time.sleep(_WATCH_SECONDS)
    console.line("something else stopped the stack")


def _welcome(settings: Settings, console: Console, *, infrastructure_only: bool) -> None:
    if infrastructure_only:
        console.line(f"PostgreSQL, Redis, Kafka and Mailpit are ready; {settings.description} says where")
        return
    console.line("Tickler is ready")
    console.plain(f"""
  make chat           talk to the assistant
  make inbox          the mails it sent
  make status         what runs          make logs SERVICE=chat-api
  make down           stop everything

  API for people      {settings.url("chat-api")}/docs
  MCP server          {settings.url("chat-api")}/mcp
  everything else     {settings.description}
""")


def _status(settings: Settings, console: Console) -> int:
    stack = load_running(settings)
    if stack is None:
        console.plain("nothing runs; `make up` starts it")
        return 1
    for program in stack.supervisor.programs():
        url = stack.info["ready"].get(program.name, "")
        console.plain(f"{program.name:22} {program.state:9} {program.description:32} {url}")
    missing = stack.unready()
    console.plain(f"\nnot ready: {', '.join(missing)}" if missing else "\neverything is ready")
    return 1 if missing else 0


def _require(settings: Settings) -> Stack:
    stack = load_running(settings)
    if stack is None:
        raise StackError("nothing runs; `make up` starts it")
    return stack


def _follow_logs(settings: Settings, programs: list[str]) -> NoReturn:
    unknown = set(programs) - set(PROGRAMS)
    if unknown:
        raise StackError(f"there is no program {', '.join(unknown)}; there are {', '.join(PROGRAMS)}")
    files = [settings.logs / f"{program}.log" for program in programs or PROGRAMS]
    os.execvp("tail", ["tail", "-n", "40", "-F", *map(str, files)])  # noqa: S606, S607


def _end_on_signals() -> None:
    """Makes each of them what Ctrl-C is to Python."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    for number in INTERRUPTIONS:
        signal.signal(number, interrupt)  # SIGINT too: a shell that starts this in the background ignores it


if __name__ == "__main__":
    sys.exit(main())
