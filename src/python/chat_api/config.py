"""What the Chat API reads from its environment, beside what every service does."""

from typing import ClassVar

from pydantic import Field, SecretStr, field_validator

from events.settings import ServiceSettings


class ChatSettings(ServiceSettings):
    """The settings of the Chat API."""

    SERVICE: ClassVar[str] = "chat-api"

    port: int = Field(default=8000, ge=0, le=65535)
    public_url: str | None = Field(
        default=None, description="Where browsers reach the service; https makes cookies secure."
    )
    session_days: float = Field(default=30.0, gt=0)
    stream_heartbeat_seconds: float = Field(default=15.0, gt=0)
    idempotency_hours: float = Field(default=48.0, gt=0, description="How long a repeated request is recognised.")
    tombstone_days: float = Field(default=90.0, gt=0, description="Must outlast Kafka's retention and dead letters.")

    openai_api_key: SecretStr | None = Field(default=None, description="None: the assistant keeps to its rules.")
    openai_base_url: str | None = Field(default=None, description="Of any server that speaks the same protocol.")
    openai_model: str = "gpt-4.1-mini"
    openai_timeout_seconds: float = Field(default=20.0, gt=0, description="For one answer of the model.")
    openai_deadline_seconds: float = Field(
        default=45.0, gt=0, le=90, description="For all that the model is asked about one message; then rules answer."
    )
    openai_max_retries: int = Field(default=1, ge=0, description="Of one question, where the model's server is busy.")
    mcp_allowed_hosts: tuple[str, ...] = Field(
        default=(), description="JSON list of the names, with ports, that MCP clients may reach the service by."
    )

    @field_validator("public_url")
    @classmethod
    def _is_origin(cls, value: str | None) -> str | None:
        if value is not None and not value.startswith(("http://", "https://")):
            raise ValueError("an http:// or https:// URL is expected")
        return None if value is None else value.rstrip("/")

    @property
    def secure_cookies(self) -> bool:
        """Whether cookies are kept to https."""
        return self.public_url is not None and self.public_url.startswith("https://")
