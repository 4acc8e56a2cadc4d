"""Reading the answer to a question that the assistant has asked of its own: yes, no, or which one."""

from enum import Enum, auto

from chat_api.assistant.understanding.answers import answer_to
from chat_api.assistant.understanding.intents import Ambiguous, Question, Understood
from chat_api.assistant.understanding.tokens import tokenize


class Reading(Enum):
    """What an answer says, where it chooses nothing."""

    NO = auto()
    UNCLEAR = auto()
    """It is an answer, but not to this: a yes where one of several was to be named."""
    NO_ANSWER = auto()
    """It is about something else."""


def read_answer(message: str, question: Question) -> int | Reading:
    """The index of the choice that `message` makes, or what else it says.

    A question without options wants a yes or no; yes is choice 0. A number is no yes: "1" said to "shall I delete
    these?" may mean one of them.
    """
    answer = answer_to(question, tokenize(message), message, is_command=lambda: True)
    match answer:
        case None:
            return Reading.NO_ANSWER
        case Understood():
            return Reading.NO
        case Ambiguous():
            return Reading.UNCLEAR if question.options else 0
        case str():
            return next(n for n, option in enumerate(question.options) if option.message == answer)
