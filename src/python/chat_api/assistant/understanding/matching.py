"""Finding the task that people's words mean: tolerant of small typing errors, word order and filler words."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from chat_api.assistant.understanding.intents import KnownTask
from chat_api.assistant.understanding.tokens import words

_FILLER = words("a an the my our your to of for with on in at and about that this task tasks one item todo please")
_GOOD = 0.72
_SURE = 0.93
_SLIP = 0.9
_LEAD = 0.08
_MOST_WORDS = 40


@dataclass(frozen=True)
class Match:
    """A task with how well it fits the words: 1.0 is the same words."""

    task: KnownTask
    score: float

    @property
    def sure(self) -> bool:
        """Whether the fit is good enough for something that cannot be taken back."""
        return self.score >= _SURE


def match_titles(wanted_words: str, tasks: Iterable[KnownTask]) -> list[Match]:
    """Rank the tasks that `wanted_words` may mean, best first; those that do not fit are left out."""
    wanted = _words(wanted_words)
    matches = [Match(task, _score(wanted, _words(task.title))) for task in tasks]
    return sorted(
        (match for match in matches if match.score >= _GOOD), key=lambda match: (-match.score, match.task.number)
    )


def best_matches(wanted_words: str, tasks: Iterable[KnownTask]) -> list[Match]:
    """The tasks that fit best, about equally well: one is an answer, several are a question, none is not found."""
    ranked = match_titles(wanted_words, tasks)
    return [match for match in ranked if match.score > ranked[0].score - _LEAD]


def _words(text: str) -> list[str]:
    plain = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c)).casefold()
    every = re.findall(r"\w+", plain.replace("'", "").replace("\N{RIGHT SINGLE QUOTATION MARK}", ""))[:_MOST_WORDS]
    return [word for word in every if word not in _FILLER] or every


def _score(wanted: Sequence[str], title: Sequence[str]) -> float:
    """How many of the wanted words the title has, less a little for what the title has beside them."""
    if not wanted or not title:
        return 0.0
    if wanted == title:
        return 1.0
    left = list(title)
    found = 0.0
    for word in wanted:
        likeness, best = max(((_likeness(word, other), other) for other in left), default=(0.0, ""))
        if likeness:
            found += likeness
            left.remove(best)
    recall = found / len(wanted)
    precision = found / len(title)
    return 0.99 * recall * (0.8 + 0.2 * precision)


def _likeness(word: str, other: str) -> float:
    if word == other:
        return 1.0
    if word.isdigit() or other.isdigit():
        return 0.0
    if _stem(word) == _stem(other):
        return 0.97
    if min(len(word), len(other)) < 4:
        return 0.0
    ratio = SequenceMatcher(None, word, other, autojunk=False).ratio()
    return _SLIP * ratio if ratio >= 0.8 else 0.0


def _stem(word: str) -> str:
    if word.endswith("ies") and len(word) > 5:
        return word.removesuffix("ies") + "y"
    for ending in ("ing", "es", "ed", "s"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word.removesuffix(ending)
    return word
