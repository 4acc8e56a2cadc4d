"""Kafka: one node, broker and controller at once, without ZooKeeper."""

import base64
import uuid
from collections.abc import Sequence
from pathlib import Path

from stack.artifacts import package_root
from stack.commands import Commands
from stack.layout import TOPICS
from stack.program import Program
from stack.settings import Settings

_LOGGING = Path("deploy/local/kafka/log4j2.properties")
_HEAP = ("-Xms128m", "-Xmx512m")
_QUICK_START = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto")


class Kafka:
    """The stack's broker."""

    def __init__(self, settings: Settings, java: Path, jars: Path, commands: Commands) -> None:
        self._settings = settings
        self._java = java
        self._jars = jars
        self._commands = commands
        self._data = settings.state / "kafka"
        self._properties = settings.state / "kafka.properties"

    def configure(self) -> None:
        """Writes the configuration, and formats the data folder where there is none."""
        self._properties.write_text(self.properties(), "utf-8")
        if (self._data / "meta.properties").exists():
            return
        cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        self._commands.run(
            [
                *self._jvm("kafka.tools.StorageTool"),
                *("format", "--ignore-formatted", "--cluster-id", cluster, "--config", str(self._properties)),
            ],
            log=self._settings.logs / "create-kafka.log",
        )

    def properties(self) -> str:
        controller = self._settings.address("kafka-controller")
        values = {
            "process.roles": "broker,controller",
            "node.id": "1",
            "controller.quorum.voters": f"1@{controller}",
            "controller.listener.names": "CONTROLLER",
            "listeners": f"PLAINTEXT://{self._settings.address('kafka')},CONTROLLER://{controller}",
            "advertised.listeners": f"PLAINTEXT://{self._settings.address('kafka')}",
            "log.dirs": str(self._data),
            "auto.create.topics.enable": "false",
            "num.partitions": str(self._settings.partitions),
            "offsets.topic.num.partitions": "3",
            "offsets.topic.replication.factor": "1",
            "transaction.state.log.num.partitions": "1",
            "transaction.state.log.replication.factor": "1",
            "transaction.state.log.min.isr": "1",
            "group.initial.rebalance.delay.ms": "0",  # one consumer a group: nobody to wait for
        }
        return "".join(f"{name}={value}\n" for name, value in values.items())

    def program(self) -> Program:
        return Program(
            "kafka",
            [*self._jvm("kafka.Kafka"), str(self._properties)],
            stop_seconds=30,
            ready=f"tcp://{self._settings.address('kafka')}",
        )

    def create_topics(self, tools: Path) -> None:
        """Creates what is missing, once the broker answers."""
        self._commands.run(
            [
                *(tools / "bin/python", "-m", "stack.topics"),
                *(self._settings.address("kafka"), str(self._settings.partitions), str(self._settings.start_timeout)),
                *TOPICS,
            ],
            log=self._settings.logs / "create-topics.log",
            env=dict(self._settings.host_environment) | {"PYTHONPATH": str(package_root())},
        )

    def _jvm(self, main: str) -> Sequence[str]:
        logging = f"-Dlog4j2.configurationFile={self._settings.root / _LOGGING}"
        return (str(self._java), *_HEAP, *_QUICK_START, logging, "-cp", f"{self._jars}/*", main)
