"""What the assistant understands, row by row."""

import pytest

from chat_api.assistant.understanding import understand
from chat_api.assistant.understanding.intents import Ambiguous, Understood
from chat_api.assistant.understanding.reader import SUGGESTIONS
from tests.unit.chat_api.understanding.corpus import NOW, ZONE, context_of, corpus_rows, held_out_rows
from tests.unit.chat_api.understanding.notation import notation

ROWS = list(corpus_rows())


@pytest.mark.parametrize(("topic", "message", "meaning"), ROWS, ids=[message for _, message, _ in ROWS])
def test_understands(topic: str, message: str, meaning: str) -> None:
    assert notation(understand(message, NOW, ZONE, context_of(topic))) == meaning


def test_the_corpus_has_no_message_twice() -> None:
    messages = [(topic == "references", message) for topic, message, _ in ROWS]
    assert sorted(messages) == sorted(set(messages))


def test_understands_nearly_all_phrasings_that_the_grammar_was_not_made_for() -> None:
    missed = [row for row in held_out_rows() if not _agrees(notation(understand(row[0], NOW, ZONE)), row[1])]
    assert len(missed) <= len(held_out_rows()) // 100, missed


def _agrees(said: str, expected: str) -> bool:
    return said == expected or (expected == "harmless" and (said == "?" or said.startswith("ask")))


@pytest.mark.parametrize("message", SUGGESTIONS)
def test_what_is_suggested_is_understood(message: str) -> None:
    assert isinstance(understand(message, NOW, ZONE), Understood)


QUESTIONS = [message for _, message, meaning in ROWS if meaning.startswith("ask [")]


@pytest.mark.parametrize("message", QUESTIONS)
def test_every_option_of_a_question_is_understood(message: str) -> None:
    asked = understand(message, NOW, ZONE, context_of("references"))
    if isinstance(asked, Understood):  # "it" has something to stand for in this context
        return
    assert isinstance(asked, Ambiguous)
    for option in asked.question.options:
        assert isinstance(understand(option.message, NOW, ZONE), Understood), option
