"""What holds for every message whatsoever."""

import re
import sys
from types import FrameType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chat_api.assistant.understanding import MAX_LENGTH, Context, understand
from chat_api.assistant.understanding.intents import AddTask, NotUnderstood, Question, RenameTask, Understood
from events.recurrence import Rule
from tests.unit.chat_api.understanding.corpus import AFTER_A_LIST, NOW, ZONE, corpus_rows

MESSAGES = [message for _, message, _ in corpus_rows()]
WORDS = sorted({word for message in MESSAGES for word in message.split()})
PAST = re.compile(r"yesterday|last|ago|due|19\d\d|20\d\d")
"""What names the past, or may."""
sentences = st.lists(st.sampled_from(WORDS), min_size=1, max_size=14).map(" ".join)
spliced = st.tuples(st.sampled_from(MESSAGES), st.sampled_from(MESSAGES), st.integers(0, 60), st.integers(0, 60)).map(
    lambda parts: parts[0][: parts[2]] + parts[1][parts[3] :]
)
texts = st.text(max_size=200) | sentences | spliced
contexts = st.sampled_from(
    [Context(), AFTER_A_LIST, Context(pending=Question("When?", template="move 3 to {answer}")), Context(week_start=6)]
)


@settings(max_examples=600, deadline=None)
@given(texts, contexts)
def test_every_text_has_a_meaning_and_always_the_same_one(message: str, context: Context) -> None:
    assert understand(message, NOW, ZONE, context) == understand(message, NOW, ZONE, context)


@settings(max_examples=600, deadline=None)
@given(texts)
def test_what_is_understood_can_be_carried_out(message: str) -> None:
    understood = understand(message, NOW, ZONE)
    for intent in understood.intents if isinstance(understood, Understood) else ():
        if isinstance(intent, AddTask | RenameTask):
            assert intent.title.strip() == intent.title != ""
        if isinstance(intent, AddTask) and intent.recurrence is not None:
            assert str(Rule.parse(intent.recurrence.rule)) == intent.recurrence.rule
            assert intent.due is not None


@settings(max_examples=600, deadline=None)
@given(sentences.filter(lambda text: PAST.search(text.casefold()) is None))
def test_a_new_task_is_not_due_in_the_past_unless_the_past_was_named(message: str) -> None:
    understood = understand(f"add {message}", NOW, ZONE)
    for intent in understood.intents if isinstance(understood, Understood) else ():
        if isinstance(intent, AddTask) and intent.due is not None:
            assert intent.due.date >= NOW.date()


def test_a_message_that_is_too_long_is_refused() -> None:
    assert isinstance(understand("x" * (MAX_LENGTH + 1), NOW, ZONE), NotUnderstood)


@pytest.mark.parametrize(
    "unit", ["move 3 to ", "monday and ", "set ", "remind me ", '"', "'", "x;", "every ", "1,", "a "]
)
def test_reading_takes_bounded_work(unit: str) -> None:
    for length in (230, 580, 1150, MAX_LENGTH):
        for start in ("", "add "):
            assert calls_made((start + unit * MAX_LENGTH)[:length]) < 1_000_000


def calls_made(message: str) -> int:
    """How many Python functions are called to understand a message: a measure of work that no machine changes."""
    calls = 0

    def count(frame: FrameType, event: str, argument: Any) -> None:
        nonlocal calls
        calls += event == "call"

    sys.setprofile(count)
    try:
        understand(message, NOW, ZONE)
    finally:
        sys.setprofile(None)
    return calls
