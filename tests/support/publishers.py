"""A publisher that remembers, and fails as it is told to."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from events.publisher import FailedMessage, Message, PublisherUnavailable, PublishFailed


@dataclass
class RecordingPublisher:
    """Keeps what was published by topic, in order. `refuses` names payloads that can never be published."""

    published: dict[str, list[Message]] = field(default_factory=dict)
    calls: int = 0
    unavailable: set[str] = field(default_factory=set)
    """Topics on which nothing can be published at the moment."""
    refuses: Callable[[Message], bool] = lambda _: False
    """Messages for which a whole call fails, for good."""
    fails: Callable[[Message], bool] = lambda _: False
    """Messages for which a whole call fails, nobody knows why."""
    fails_alone: Callable[[Message], bool] = lambda _: False
    """Messages that are reported as failed while the rest of their call is published."""
    frozen: asyncio.Event | None = None
    """While set to an event, calls hang until it is set."""
    crash_after_publishing: BaseException | None = None
    """Raised once, after the messages were published."""

    async def publish(self, topic: str, messages: Sequence[Message]) -> Sequence[FailedMessage]:
        self.calls += 1
        if self.frozen is not None:
            await self.frozen.wait()
        if topic in self.unavailable:
            raise PublisherUnavailable("the bus is away")
        if any(map(self.refuses, messages)):
            raise PublishFailed("message was too large", permanent=True)
        if any(map(self.fails, messages)):
            raise PublishFailed("something odd")
        failed = [message for message in messages if self.fails_alone(message)]
        self.published.setdefault(topic, []).extend(message for message in messages if message not in failed)
        if self.crash_after_publishing is not None:
            crash, self.crash_after_publishing = self.crash_after_publishing, None
            raise crash
        return [FailedMessage(message.id, "a broker did not answer", permanent=False) for message in failed]

    def payloads(self, topic: str) -> list[str]:
        return [message.payload for message in self.published.get(topic, [])]
