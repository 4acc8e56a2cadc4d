"""The sample service on a database of its own."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from tests.support.databases import NewDatabase
from tests.support.sample.service import PACKAGE, Sample

NewSample = Callable[..., Awaitable[Sample]]
"""Makes another replica on the test's database; keywords are those of `Sample`."""


@pytest.fixture
async def database_url(new_database: NewDatabase) -> str:
    return await new_database(PACKAGE)


@pytest.fixture
async def new_sample(database_url: str) -> AsyncIterator[NewSample]:
    samples: list[Sample] = []

    async def make(**options: Any) -> Sample:
        # Ids of different replicas must differ, as UUIDs do.
        samples.append(Sample(database_url, first_id=1_000 * (len(samples) + 1), **options))
        return samples[-1]

    yield make
    for sample in samples:
        await sample.close()


@pytest.fixture
async def sample(new_sample: NewSample) -> Sample:
    return await new_sample()
