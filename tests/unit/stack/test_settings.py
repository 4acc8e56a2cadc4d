"""The settings of the local stack."""

from pathlib import Path

import pytest

from stack.errors import StackError
from stack.layout import GROUPS, PORT_OFFSETS, PROGRAMS, TOPICS
from stack.settings import Settings, read_env_file


def settings(**environ: str) -> Settings:
    return Settings.from_environment({"HOME": "/home/anna"} | environ, root=Path("/checkout"))


def test_without_any_setting_the_services_have_the_ports_of_the_specification() -> None:
    ports = settings().ports
    assert (ports["chat-api"], ports["notification"], ports["recurring"]) == (8000, 8001, 8002)


def test_one_setting_moves_every_port_and_keeps_them_within_a_hundred() -> None:
    ports = settings(TICKLER_PORT_BASE="18000").ports
    assert set(ports) == set(PORT_OFFSETS)
    assert all(18000 <= port < 18100 for port in ports.values())
    assert len(set(ports.values())) == len(ports)


def test_a_single_port_can_be_chosen() -> None:
    chosen = settings(TICKLER_PORT_CHAT_API_DAPR_HTTP="3500")
    assert chosen.ports["chat-api-dapr-http"] == 3500


def test_two_programs_cannot_have_the_same_port() -> None:
    with pytest.raises(StackError, match="are the same"):
        settings(TICKLER_PORT_REDIS="8000")


@pytest.mark.parametrize("value", ["many", "-1", "0", "70000", "8000.5"])
def test_a_port_base_that_is_no_usable_number_is_refused_by_name(value: str) -> None:
    with pytest.raises(StackError, match="TICKLER_PORT_BASE"):
        settings(TICKLER_PORT_BASE=value)


def test_the_cache_follows_the_desktop_convention() -> None:
    assert settings().cache == Path("/home/anna/.cache/tickler")
    assert settings(XDG_CACHE_HOME="/var/cache/anna").cache == Path("/var/cache/anna/tickler")


def test_state_lies_in_the_checkout_unless_told_otherwise() -> None:
    assert settings().state == Path("/checkout/.local")
    assert settings(TICKLER_STATE_DIR=".local/second").state == Path("/checkout/.local/second")
    assert settings(TICKLER_STATE_DIR="/srv/tickler").state == Path("/srv/tickler")


def test_an_empty_setting_is_none() -> None:
    assert settings(TICKLER_PORT_BASE="", TICKLER_STATE_DIR="") == settings(TICKLER_PORT_BASE="", TICKLER_STATE_DIR="")
    assert settings(TICKLER_PORT_BASE="").port_base == 8000


def test_services_run_from_their_packages_unless_a_command_is_given() -> None:
    assert settings().packaged
    assert not settings(TICKLER_SERVICE_COMMAND="python -m {package}.main").packaged


def test_an_environment_file_keeps_what_stands_behind_the_first_equals_sign(tmp_path: Path) -> None:
    file = tmp_path / "env"
    file.write_text("# faster\n\nRETRY_MAX_ATTEMPTS=3\nMAIL_FROM=Tickler <a=b@example.com>\nEMPTY=\n")
    assert read_env_file(file) == {
        "RETRY_MAX_ATTEMPTS": "3",
        "MAIL_FROM": "Tickler <a=b@example.com>",
        "EMPTY": "",
    }


def test_a_line_that_sets_nothing_is_named_with_its_number(tmp_path: Path) -> None:
    file = tmp_path / "env"
    file.write_text("A=1\nexport B=2\n")
    with pytest.raises(StackError, match="line 2"):
        read_env_file(file)


def test_a_missing_environment_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StackError, match="TICKLER_SERVICE_ENV"):
        settings(TICKLER_SERVICE_ENV=str(tmp_path / "nowhere"))


def test_each_program_is_in_one_group() -> None:
    assert sorted(PROGRAMS) == sorted(set(PROGRAMS))
    assert list(GROUPS) == ["infrastructure", "sidecars", "services"], "stopped from last to first"


def test_each_service_has_a_dead_letter_topic() -> None:
    assert {"chat-api-dead-letters", "notification-dead-letters", "recurring-dead-letters"} <= set(TOPICS)
