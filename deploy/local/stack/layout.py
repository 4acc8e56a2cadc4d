"""What the stack consists of: services, programs, topics and ports. All of it is fixed; settings choose the rest."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Service:
    """One of Tickler's services."""

    app_id: str
    """Its Dapr app id, and the name of its program."""
    package: str
    """Its Python package; also its role, schema and database user."""
    number: int
    """Distinguishes its ports from the other services'."""
    connections: int
    """How many connections to PostgreSQL its role may hold: for its processes' pools, migrations and an operator."""

    @property
    def sidecar(self) -> str:
        return f"{self.app_id}-dapr"


CHAT_API = Service("chat-api", "chat_api", 0, 60)
NOTIFICATION = Service("notification", "notification", 1, 50)
RECURRING = Service("recurring", "recurring", 2, 30)

SERVICES = (CHAT_API, NOTIFICATION, RECURRING)
WORKER = "notification-worker"

TOPICS = (
    "task-events",
    "reminder-events",
    "recurring-events",
    "user-events",
    *(f"{service.app_id}-dead-letters" for service in SERVICES),
)

# Stopped from the last group to the first: services drain while their sidecars are up, sidecars while Kafka is.
INFRASTRUCTURE = ("postgres", "redis", "kafka", "mailpit")
GROUPS: dict[str, tuple[str, ...]] = {
    "infrastructure": INFRASTRUCTURE,
    "sidecars": tuple(service.sidecar for service in SERVICES),
    "services": (*(service.app_id for service in SERVICES), WORKER),
}
PROGRAMS = tuple(program for programs in GROUPS.values() for program in programs)

_SHARED_PORTS = {"mailpit": 25, "smtp": 26, "postgres": 32, "redis": 79, "kafka": 92, "kafka-controller": 93}
PORT_OFFSETS: dict[str, int] = {
    **_SHARED_PORTS,
    **{service.app_id: service.number for service in SERVICES},
    WORKER: 3,
    **{f"{service.sidecar}-http": 50 + service.number for service in SERVICES},
    **{f"{service.sidecar}-grpc": 55 + service.number for service in SERVICES},
    **{f"{service.sidecar}-internal": 60 + service.number for service in SERVICES},
    **{f"{service.sidecar}-metrics": 65 + service.number for service in SERVICES},
}
"""Where each port lies above the base: one setting moves a whole stack, and its ports lie within a hundred."""
