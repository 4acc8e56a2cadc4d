"""What the environment says."""

import pytest
from pydantic import ValidationError

from events.database import create_engine
from events.settings import ServiceSettings


class Settings(ServiceSettings):
    SERVICE = "sample"
    port: int = 8000


URL = "postgresql+asyncpg://a@db/x"


def test_a_direct_url_of_its_own_means_that_a_pooler_is_in_front() -> None:
    direct = "postgresql+asyncpg://a@direct/x"
    pooled = Settings(database_url=URL, database_direct_url=direct, app_api_token="t")  # type: ignore[arg-type]
    plain = Settings(database_url=URL, app_api_token="t")  # type: ignore[arg-type]
    assert (pooled.behind_pooler, pooled.direct_url) == (True, direct)
    assert (plain.behind_pooler, plain.direct_url) == (False, URL)
    assert type(create_engine(pooled).pool).__name__ == "NullPool"
    assert type(create_engine(plain).pool).__name__ == "AsyncAdaptedQueuePool"


def test_an_empty_token_is_refused() -> None:
    with pytest.raises(ValidationError, match="app_api_token"):
        Settings(database_url=URL, app_api_token="")  # type: ignore[arg-type]


def test_secrets_are_not_shown() -> None:
    assert "geheim" not in repr(Settings(database_url=URL, app_api_token="geheim"))  # type: ignore[arg-type]
