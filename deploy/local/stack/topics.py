"""Creates the topics that are missing. Runs in the environment that has kafka-python."""

import socket
import sys
import time
from collections.abc import Iterable

from kafka.admin import KafkaAdminClient, NewTopic  # pants: no-infer-dep
from kafka.errors import TopicAlreadyExistsError  # pants: no-infer-dep

_PAUSE_SECONDS = 0.05
_BACKOFF = {"reconnect_backoff_ms": 50, "reconnect_backoff_max_ms": 200, "retry_backoff_ms": 50}


def connect(broker: str, timeout: float) -> KafkaAdminClient:
    """A client of `broker`, which may still be starting.

    Raises:
        OSError: nothing listened there within `timeout` seconds.
        KafkaError: what listens there is no broker.
    """
    host, _, port = broker.rpartition(":")
    deadline = time.monotonic() + timeout
    while True:  # a client that finds nobody waits for seconds before it looks again
        try:
            socket.create_connection((host, int(port)), timeout=timeout).close()
            break
        except ConnectionRefusedError:
            if time.monotonic() > deadline:
                raise
            time.sleep(_PAUSE_SECONDS)
    return KafkaAdminClient(bootstrap_servers=broker, **_BACKOFF)


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
