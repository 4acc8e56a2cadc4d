"""What every service reads from its environment."""

from typing import ClassVar, Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class ServiceSettings(BaseSettings):
    """The settings that all services have; each service adds its own in a subclass.

    Every field is an environment variable of the same name in capitals. Durations are in seconds.
    """

    model_config = SettingsConfigDict(frozen=True, extra="ignore")

    SERVICE: ClassVar[str]
    """The service's Dapr app id, such as ``chat-api``: the ``source`` of its events."""

    database_url: str = Field(description="postgresql+asyncpg://…; may lead through a transaction pooler.")
    database_direct_url: str | None = Field(
        default=None, description="Leads past the pooler, for migrations and LISTEN; none: there is no pooler."
    )
    database_pool_size: int = Field(default=12, ge=1, description="Connections at most; unused behind a pooler.")
    database_pool_timeout_seconds: float = Field(default=3.0, gt=0)
    database_connect_timeout_seconds: float = Field(default=3.0, gt=0)
    database_command_timeout_seconds: float = Field(default=8.0, gt=0)

    host: str = "127.0.0.1"
    port: int = Field(ge=0, le=65535)
    shutdown_deadline_seconds: float = Field(
        default=20.0, gt=0, description="How long requests and loops may take to finish once asked to stop."
    )

    dapr_http_port: int = 3500
    dapr_grpc_port: int = 50001
    app_api_token: SecretStr = Field(min_length=1, description="What Dapr sends in the header dapr-api-token.")
    pubsub_name: str = "pubsub"

    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["json", "console"] = "json"

    relay_poll_seconds: float = Field(default=1.0, gt=0, le=1.0)
    relay_batch_rows: int = Field(default=500, ge=1)
    relay_batch_bytes: int = Field(default=2_000_000, ge=1)
    relay_publish_timeout_seconds: float = Field(default=15.0, gt=0)
    relay_first_delay_seconds: float = Field(default=0.2, gt=0)
    relay_max_delay_seconds: float = Field(default=10.0, gt=0)

    handler_timeout_seconds: float = Field(default=5.0, gt=0, description="For one event, and for a batch's pass.")
    delivery_deadline_seconds: float = Field(
        default=7.0, gt=0, description="How long a delivery may keep Dapr waiting before the rest of it is parked."
    )
    retry_poll_seconds: float = Field(default=1.0, gt=0)
    retry_first_delay_seconds: float = Field(default=1.0, gt=0)
    retry_factor: float = Field(default=2.0, ge=1)
    retry_max_delay_seconds: float = Field(default=300.0, gt=0)
    retry_max_attempts: int = Field(default=12, ge=1)
    retry_brake_events: int = Field(
        default=20, ge=2, description="So many different events of a type failing in a row stop the count of attempts."
    )

    retention_days: float = Field(
        default=7.0, gt=0, description="Published outbox rows; must outlast whoever counts them."
    )
    inbox_retention_days: float = Field(default=30.0, gt=0, description="Must outlast Kafka's retention.")
    dead_letter_retention_days: float = Field(default=90.0, gt=0, description="Of those replayed or discarded.")
    retention_poll_seconds: float = Field(default=600.0, gt=0)
    retention_batch_rows: int = Field(default=5_000, ge=1)

    gauges_poll_seconds: float = Field(default=2.0, gt=0, description="How often backlog metrics are read.")

    @property
    def direct_url(self) -> str:
        """A database URL on which LISTEN and long transactions work."""
        return self.database_direct_url or self.database_url

    @property
    def behind_pooler(self) -> bool:
        """Whether `database_url` leads through a transaction pooler."""
        return self.database_direct_url not in (None, self.database_url)
