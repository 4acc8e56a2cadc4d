"""What the service measures about series."""

from prometheus_client import Counter

COMPLETIONS = Counter(
    "tickler_recurring_completions_total",
    "Completions of recurring tasks, by what followed: created, again, ended (the series is over), continued (the"
    " series had gone on from there already).",
    ["result"],
)
