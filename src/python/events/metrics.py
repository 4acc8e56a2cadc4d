"""The Prometheus metrics that all services share. Durations are in seconds."""

from prometheus_client import Counter, Gauge, Histogram

_FAST = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_AGES = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 7200, 86400)

OUTBOX_PENDING = Gauge("tickler_outbox_pending", "Outbox rows that wait to be published.")
OUTBOX_OLDEST_AGE = Gauge("tickler_outbox_oldest_age_seconds", "Age of the oldest outbox row that waits.")
OUTBOX_SET_ASIDE = Gauge("tickler_outbox_set_aside", "Outbox rows that alone cannot be published.")
OUTBOX_PUBLISHED = Counter("tickler_outbox_published_total", "Outbox rows published.", ["topic"])
OUTBOX_FAILURES = Counter("tickler_outbox_failures_total", "Publishing attempts that failed.", ["topic", "kind"])

EVENTS_HANDLED = Counter("tickler_events_handled_total", "Events handled, by what became of them.", ["type", "outcome"])
EVENT_HANDLING = Histogram(
    "tickler_event_handling_seconds", "Time a handler took for one event.", ["type"], buckets=_FAST
)
EVENT_AGE = Histogram(
    "tickler_event_age_seconds", "From the change that an event tells of to its handling.", ["type"], buckets=_AGES
)
EVENTS_PARKED = Gauge("tickler_events_parked", "Events that failed, or wait behind one that did.")
RETRY_BRAKE = Gauge("tickler_retry_brake_engaged", "1 while failures of this type do not count.", ["type"])
DEAD_LETTERS = Counter("tickler_dead_letters_total", "Events that became dead letters.", ["reason"])
DEAD_LETTERS_OPEN = Gauge("tickler_dead_letters_open", "Dead letters that no operator has dealt with.")

LOOP_FAILURES = Counter("tickler_background_failures_total", "Crashes of background loops.", ["loop"])
HTTP_REQUESTS = Histogram(
    "tickler_http_request_seconds", "Requests by route and status.", ["method", "route", "status"], buckets=_FAST
)
