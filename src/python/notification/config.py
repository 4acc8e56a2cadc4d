"""What the service reads from its environment."""

from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTPUTF8
from typing import ClassVar, Literal, Self

from pydantic import Field, SecretStr, field_validator, model_validator

from events.settings import ServiceSettings


class NotificationSettings(ServiceSettings):
    """The settings of the Notification Service; durations are in the unit that their name ends with."""

    SERVICE: ClassVar[str] = "notification"

    port: int = Field(default=8001, ge=0, le=65535, description="Of the serving process, or of the worker.")

    redis_url: str = Field(description="redis://, rediss:// or unix://; the service's own.")
    smtp_host: str
    smtp_port: int = Field(ge=1, le=65535)
    smtp_username: str | None = None
    smtp_password: SecretStr | None = None
    smtp_security: Literal["none", "starttls", "tls"] = "starttls"
    mail_from: str = Field(description="The sender, such as: Tickler <tickler@example.com>")
    public_url: str = Field(description="Where users reach Tickler; mails link there.")

    due_poll_seconds: float = Field(
        default=0.5, gt=0, le=1.0, description="How soon a reminder for right now is noticed at the latest."
    )
    due_batch_rows: int = Field(default=500, ge=1)
    sweep_poll_seconds: float = Field(default=2.0, gt=0)
    sweep_grace_seconds: float = Field(
        default=5.0, ge=0, description="How long after its time an attempt is left to the job that is queued for it."
    )
    sweep_batch_rows: int = Field(default=500, ge=1)
    sweep_triggered_seconds: float = Field(
        default=300.0,
        gt=0,
        description="How long a triggered reminder goes without a delivery before its event is taken for lost.",
    )

    smtp_timeout_seconds: float = Field(default=10.0, gt=0, description="For one mail, connecting included.")
    mail_job_timeout_seconds: float = Field(default=20.0, gt=0)
    mail_lease_seconds: float = Field(default=30.0, gt=0)
    mail_first_delay_seconds: float = Field(default=5.0, gt=0)
    mail_delay_factor: float = Field(default=2.0, ge=1)
    mail_max_delay_seconds: float = Field(default=1800.0, gt=0)
    mail_max_attempts: int = Field(
        default=30, ge=1, description="About half a day of attempts with the delays' defaults."
    )
    worker_max_jobs: int = Field(default=20, ge=1, description="Mails under way at a time, each on its connection.")
    worker_poll_seconds: float = Field(default=0.05, gt=0)

    reminder_retention_days: float = Field(
        default=90.0,
        gt=0,
        description="What has ended, and tombstones; must outlast Kafka's retention.",
    )

    @field_validator("mail_from")
    @classmethod
    def _names_one_sender(cls, value: str) -> str:
        _sender(value)
        return value

    @model_validator(mode="after")
    def _leases_outlast_jobs(self) -> Self:
        if not self.smtp_timeout_seconds < self.mail_job_timeout_seconds < self.mail_lease_seconds:
            raise ValueError(
                "SMTP_TIMEOUT_SECONDS < MAIL_JOB_TIMEOUT_SECONDS < MAIL_LEASE_SECONDS must hold:"
                " else a mail is sent twice while its first attempt is under way"
            )
        return self

    @property
    def sender(self) -> Address:
        """The sender of all mails."""
        return _sender(self.mail_from)


def _sender(value: str) -> Address:
    message = EmailMessage(policy=SMTPUTF8)
    try:
        message["From"] = value
    except (ValueError, HeaderParseError, IndexError) as error:  # the parser's own ways of giving up
        raise ValueError(f"no sender: {error}") from error
    addresses: tuple[Address, ...] = message["From"].addresses
    if len(addresses) != 1 or not addresses[0].username or not addresses[0].domain:
        raise ValueError("one address with a domain is expected, such as: Tickler <tickler@example.com>")
    return addresses[0]
