"""Priorities and tags in the words of a task."""

from chat_api.assistant.understanding.intents import Priority
from chat_api.assistant.understanding.tokens import Kind, Tokens

MARKS: dict[str, Priority] = {
    "!high": "high",
    "!urgent": "high",
    "!important": "high",
    "!!": "high",
    "!!!": "high",
    "!low": "low",
    "!normal": "normal",
    "!medium": "normal",
}
PRIORITY_PHRASES: tuple[tuple[str, Priority], ...] = (
    ("[with|at|as] [a] high|top|highest priority", "high"),
    ("[with|at|as] [a] low|lowest priority", "low"),
    ("[with|at|as] [a] normal|medium priority", "normal"),
    ("priority [:] high|urgent", "high"),
    ("priority [:] low", "low"),
    ("priority [:] normal|medium", "normal"),
    ("high-priority", "high"),
    ("low-priority", "low"),
)


def tags_said(tokens: Tokens) -> list[str]:
    """``work``, ``#work and #home``: the names, in lower case; none where it is anything else."""
    tags: list[str] = []
    for index, token in enumerate(tokens):
        if token.kind is Kind.TAG:
            tags.append(token.lower[1:])
        elif token.lower in {"and", "&", ",", "tags", "tag"} and index:
            continue
        elif token.kind is Kind.WORD and token.lower.replace("-", "").replace("_", "").isalpha():
            if index and tokens[index - 1].lower not in {"and", "&", ","}:
                return []
            tags.append(token.lower)
        else:
            return []
    return tags
