"""Finding tasks by the words that people use for them."""

import pytest

from chat_api.assistant.understanding.intents import KnownTask
from chat_api.assistant.understanding.matching import best_matches, match_titles

TASKS = [
    KnownTask(number, title)
    for number, title in enumerate(
        (
            "Buy groceries",
            "Call the dentist",
            "Dentist bill",
            "Pay rent",
            "Pay Renée's invoice",
            "Water the plants",
            "Read 1984",
            "Read chapter 4",
            "Tax return 2025",
            "Купить молоко",
        ),
        start=1,
    )
]


@pytest.mark.parametrize(
    ("words", "number"),
    [
        ("buy groceries", 1),
        ("the groceries", 1),
        ("grocery", 1),
        ("grocries", 1),
        ("calling dentist", 2),
        ("dentist call", 2),
        ("the dentist bill", 3),
        ("rent", 4),
        ("paying the rent", 4),
        ("renees invoice", 5),
        ("plants", 6),
        ("watering plants", 6),
        ("1984", 7),
        ("chapter 4", 8),
        ("tax return", 9),
        ("молоко", 10),
    ],
)
def test_finds_the_task_that_is_meant(words: str, number: int) -> None:
    assert [match.task.number for match in best_matches(words, TASKS)] == [number]


@pytest.mark.parametrize("words", ["dentist"])
def test_words_that_fit_several_tasks_find_them_all(words: str) -> None:
    assert {match.task.number for match in best_matches(words, TASKS)} == {2, 3}


@pytest.mark.parametrize("words", ["", "the", "car", "1985", "chapter 5", "tax return 2024 letter", "pay tent rental"])
def test_words_that_fit_nothing_find_nothing(words: str) -> None:
    assert best_matches(words, TASKS) == []


def test_the_same_words_are_sure_and_a_slip_is_not() -> None:
    assert match_titles("Call the dentist", TASKS)[0].sure
    assert not match_titles("buy grocries", TASKS)[0].sure


def test_ranks_the_better_fit_first() -> None:
    assert match_titles("dentist bill", TASKS)[0].task.number == 3
