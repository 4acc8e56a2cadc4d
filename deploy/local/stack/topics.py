"""Creates the topics that are missing. Runs in the environment that has kafka-python."""

import sys
import time
from collections.abc import Iterable

from kafka.admin import KafkaAdminClient, NewTopic  # pants: no-infer-dep
from kafka.errors import KafkaError, TopicAlreadyExistsError  # pants: no-infer-dep

_PAUSE_SECONDS = 0.1


def connect(broker: str, timeout: float) -> KafkaAdminClient:
    """A client of `broker`, which may still be starting.

    Raises:
        KafkaError: it did not answer within `timeout` seconds.
    """
    deadline = time.monotonic() + timeout
    while True:
        try:
            return KafkaAdminClient(bootstrap_servers=broker)
        except KafkaError:
            if time.monotonic() > deadline:
                raise
            time.sleep(_PAUSE_SECONDS)


def create_missing(broker: str, partitions: int, topics: Iterable[str], timeout: float) -> None:
    """Creates those topics that are not there. The partitions of those that are stay as they are."""
    client = connect(broker, timeout)
    try:
        missing = sorted(set(topics) - set(client.list_topics()))
        if missing:
            client.create_topics([NewTopic(topic, partitions, 1) for topic in missing])
    except TopicAlreadyExistsError:  # someone else was faster
        return
    finally:
        client.close()


if __name__ == "__main__":
    create_missing(sys.argv[1], int(sys.argv[2]), sys.argv[4:], float(sys.argv[3]))
