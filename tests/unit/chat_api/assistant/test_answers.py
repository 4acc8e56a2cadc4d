"""Answers to the assistant's own questions."""

import pytest

from chat_api.assistant import asking
from chat_api.assistant.answers import Reading, read_answer
from chat_api.assistant.planner import PlannedCall
from chat_api.assistant.understanding.intents import KnownTask

CALL = PlannedCall("delete_task", {"number": 3})
WHETHER = asking.whether_all("delete", [KnownTask(3, "buy bread"), KnownTask(5, "buy butter")], [CALL]).question
WHICH = asking.which_task([(KnownTask(3, "buy bread"), (CALL,)), (KnownTask(5, "buy butter"), (CALL,))]).question


@pytest.mark.parametrize("message", ["yes", "Yes please", "y", "ok", "sure", "do it", "go ahead", "Yes!"])
def test_a_yes_is_taken_for_one(message: str) -> None:
    assert read_answer(message, WHETHER) == 0


@pytest.mark.parametrize("message", ["no", "No thanks", "never mind", "cancel", "don't"])
def test_a_no_is_taken_for_one(message: str) -> None:
    assert read_answer(message, WHETHER) is Reading.NO
    assert read_answer(message, WHICH) is Reading.NO


@pytest.mark.parametrize(
    "message", ["1", "3", "the first one", "yes and add milk", "yesterday", "delete 3", "list", "", "yes 3", "buy"]
)
def test_nothing_else_is_taken_for_a_yes(message: str) -> None:
    assert read_answer(message, WHETHER) is Reading.NO_ANSWER


@pytest.mark.parametrize(
    ("message", "choice"),
    [("3", 0), ("5", 1), ("#5", 1), ("the second one", 1), ("first", 0), ("last", 1), ("task 5", 1), ("butter", 1)],
)
def test_one_of_several_is_chosen_by_number_place_or_name(message: str, choice: int) -> None:
    assert read_answer(message, WHICH) == choice


def test_a_yes_to_several_is_asked_again() -> None:
    assert read_answer("yes", WHICH) is Reading.UNCLEAR


@pytest.mark.parametrize("message", ["7", "list my tasks", "buy"])
def test_what_chooses_none_is_no_answer(message: str) -> None:
    assert read_answer(message, WHICH) is Reading.NO_ANSWER
