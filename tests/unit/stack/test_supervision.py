"""The configuration that Supervisor gets."""

import configparser
import dataclasses
import shlex
from pathlib import Path

import pytest

from stack.errors import StackError
from stack.program import Program
from stack.settings import Settings
from stack.supervision import config_text, socket_path

SETTINGS = Settings.from_environment({"HOME": "/home/anna"}, root=Path("/checkout"))


def parsed(*programs: Program) -> configparser.RawConfigParser:
    parser = configparser.RawConfigParser(strict=True)
    parser.read_string(
        config_text(
            {program.name: program for program in programs},
            socket=Path("/state/supervisor.sock"),
            pid_file=Path("/state/supervisord.pid"),
            settings=SETTINGS,
        )
    )
    return parser


def test_groups_are_stopped_services_first_and_infrastructure_last() -> None:
    config = parsed(Program("chat-api", ["a"]), Program("kafka", ["b"]), Program("chat-api-dapr", ["c"]))
    priority = {name: config.getint(f"group:{name}", "priority") for name in ("infrastructure", "sidecars", "services")}
    assert priority["services"] > priority["sidecars"] > priority["infrastructure"], (
        "Supervisor stops the highest first"
    )


def test_a_group_without_programs_is_left_out() -> None:
    config = parsed(Program("kafka", ["kafka"]))
    assert config.get("group:infrastructure", "programs") == "kafka"
    assert not config.has_section("group:services")


def test_a_command_survives_spaces_quotes_and_percent_signs() -> None:
    command = ["/a b/program", "it's", "100%", 'say "hi"']
    written = parsed(Program("kafka", command)).get("program:kafka", "command")
    assert shlex.split(written.replace("%%", "%")) == command


def test_a_program_is_restarted_for_ever_and_stopped_in_its_own_way() -> None:
    config = parsed(Program("postgres", ["postgres"], stop_signal="INT", stop_seconds=7))
    assert config.get("program:postgres", "autorestart") == "true"
    assert config.getint("program:postgres", "startretries") > 10**9
    assert config.get("program:postgres", "stopsignal") == "INT"
    assert config.getint("program:postgres", "stopwaitsecs") == 7


def test_an_environment_value_may_hold_one_kind_of_quotes() -> None:
    written = parsed(Program("kafka", ["k"], {"A": 'say "hi"', "B": "it's", "C": "5%"})).get(
        "program:kafka", "environment"
    )
    assert written == 'A=\'say "hi"\',B="it\'s",C="5%%"'
    with pytest.raises(StackError, match="both kinds of quotes"):
        parsed(Program("kafka", ["k"], {"A": "\"'"}))


def test_a_state_folder_with_a_long_path_gets_a_socket_elsewhere(tmp_path: Path) -> None:
    assert socket_path(Path("/short")) == Path("/short/supervisor.sock")
    long = dataclasses.replace(SETTINGS, state=tmp_path / ("x" * 120))
    found = socket_path(long.state)
    assert len(str(found)) <= 100
    assert found == socket_path(long.state), "found again by whoever comes later"
    found.parent.rmdir()
