"""What the relay publishes through."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Message:
    """One message for a topic."""

    id: int
    """Unique within a call; failures name it."""
    partition_key: str
    payload: str
    raw: bool
    """Published as it is, rather than as a CloudEvent."""


@dataclass(frozen=True)
class FailedMessage:
    """A message of a call that was not published, though others of the call may have been."""

    id: int
    error: str
    permanent: bool


class PublishFailed(Exception):
    """A call failed; any of its messages may have been published all the same.

    Attributes:
        permanent: it lies with the messages, so that trying the same ones again cannot help.
    """

    def __init__(self, error: str, *, permanent: bool = False):
        super().__init__(error)
        self.permanent = permanent


class PublisherUnavailable(PublishFailed):
    """Nothing can be published at the moment, whichever message."""


class Publisher(Protocol):
    """Publishes messages, each at least once where a call succeeds."""

    async def publish(self, topic: str, messages: Sequence[Message]) -> Sequence[FailedMessage]:
        """Publishes `messages`, all raw or none, in their order within each partition key.

        Returns:
            Those that were not published.

        Raises:
            PublishFailed: which were published is not known.
        """
        ...
