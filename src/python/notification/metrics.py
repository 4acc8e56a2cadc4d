"""What the service measures about reminders. Durations are in seconds."""

from prometheus_client import Counter, Gauge, Histogram

_LATENESS = (0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 120, 300, 1800, 7200, 86400)

TRIGGER_LATENESS = Histogram(
    "tickler_reminder_trigger_lateness_seconds",
    "From the time of a reminder to its being found due.",
    buckets=_LATENESS,
)
DELIVERY_LATENESS = Histogram(
    "tickler_reminder_lateness_seconds",
    "From the time of a reminder to the mail server's taking its mail.",
    buckets=_LATENESS,
)
ATTEMPTS = Counter(
    "tickler_delivery_attempts_total",
    "Attempts to send a mail, by result: sent, temporary, permanent, uncertain, unknown-recipient.",
    ["result"],
)
DELIVERIES_ENDED = Counter(
    "tickler_deliveries_ended_total", "Deliveries that ended, by result: sent, failed, cancelled.", ["result"]
)
DELIVERIES = Gauge("tickler_deliveries_open", "Deliveries that have not ended, by state.", ["state"])
SCHEDULED = Gauge("tickler_reminders_scheduled", "Reminders that wait for their time.")
OLDEST_DUE = Gauge(
    "tickler_reminders_oldest_due_age_seconds", "For how long the oldest reminder has been due without being found so."
)
OLDEST_UNSENT = Gauge(
    "tickler_deliveries_oldest_age_seconds", "How long ago the oldest reminder was due whose delivery has not ended."
)
QUEUE_DEPTH = Gauge("tickler_delivery_queue_depth", "Jobs in the worker's queue, those for later included.")
ENQUEUE_FAILURES = Counter(
    "tickler_enqueue_failures_total", "Deliveries that could not be enqueued; the sweep follows them up."
)
SWEPT = Counter(
    "tickler_deliveries_swept_total",
    "What the sweep took up: deliveries with lost leases or lost jobs, and reminders whose event was lost.",
    ["reason"],
)
