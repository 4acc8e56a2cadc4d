"""What the service accepts from its environment."""

import pytest
from pydantic import ValidationError

from notification.config import NotificationSettings

SETTINGS: dict[str, object] = {
    "database_url": "postgresql+asyncpg://localhost/tickler",
    "app_api_token": "token",
    "redis_url": "redis://localhost/0",
    "smtp_host": "localhost",
    "smtp_port": 25,
    "mail_from": "Tickler <tickler@example.com>",
    "public_url": "https://tickler.example.com",
}


def settings(**changes: object) -> NotificationSettings:
    return NotificationSettings(**(SETTINGS | changes))  # type: ignore[arg-type]


def test_the_sender_has_a_name_and_an_address() -> None:
    sender = settings().sender
    assert (sender.display_name, sender.addr_spec) == ("Tickler", "tickler@example.com")


def test_the_local_stacks_sender_is_accepted() -> None:
    assert settings(mail_from="Tickler <tickler@localhost>").sender.domain == "localhost"


@pytest.mark.parametrize(
    "value", ["", "Tickler", "a@example.com, b@example.com", "x\r\nBcc: y@example.com", "@example.com"]
)
def test_a_sender_that_is_not_one_address_is_refused(value: str) -> None:
    with pytest.raises(ValidationError):
        settings(mail_from=value)


@pytest.mark.parametrize(
    "durations",
    [
        {"smtp_timeout_seconds": 20, "mail_job_timeout_seconds": 20, "mail_lease_seconds": 30},
        {"smtp_timeout_seconds": 10, "mail_job_timeout_seconds": 40, "mail_lease_seconds": 30},
    ],
)
def test_a_lease_that_a_job_can_outlive_is_refused(durations: dict[str, object]) -> None:
    with pytest.raises(ValidationError, match="MAIL_LEASE_SECONDS"):
        settings(**durations)
