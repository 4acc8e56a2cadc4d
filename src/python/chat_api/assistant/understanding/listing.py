"""Wishes to see tasks: ``what's due today``, ``list #work``, ``find milk``."""

from chat_api.assistant.understanding.asking import Refuse
from chat_api.assistant.understanding.calendar_terms import Reference
from chat_api.assistant.understanding.filters import filter_said
from chat_api.assistant.understanding.intents import Filter, ListTasks
from chat_api.assistant.understanding.patterns import match_any, match_phrase, match_whole
from chat_api.assistant.understanding.tokens import Kind, Tokens, text_of

_SHOW = (
    "show|list|display|view|see|print|get|give|check [me] [out]",
    "tell me [what|which|about]",
    "let me see",
    "can|may i see",
    "i want to see",
    "what do i|we have",
    "what have i got",
    "how many",
    "is|are there",
    "do|have i [have|got]",
    "what else",
    "what's|what [is] next",
    "what should|must|can i do [next]",
)
_DONE_BY_ME = (
    "what|which [tasks|things] did|have i [already] do|done|complete|completed|finish|finished [so] [far]",
    "what|which [tasks|things] did i get done [so] [far]",
    "what's|what [is] already done",
)
_ABOUT = "about|with|for|containing|matching|on|named|called"
_FIND = (
    f"find|search [for] [me] [all] [my] [tasks|task|todos|anything|something|everything|for] [{_ABOUT}] <text>",
    "look for|up [tasks|task|anything] [about|with|containing] <text>",
    "do i have anything|something|tasks|a [task] [about|with|for] <text>",
    "[show|list] [me] [all] [my] tasks|todos for|with|on <text>",
)
_NAMED = "show|list [me] [all] [my|the] <text> tasks|todos|items"


def list_said(tokens: Tokens, message: str, ref: Reference) -> ListTasks | None:
    """What the user wants to see; None where `tokens` are no such wish."""
    if any(match_phrase(pattern, tokens, 0) == len(tokens) for pattern in _DONE_BY_ME):
        return ListTasks(Filter(status="done"))
    start = match_any(_SHOW, tokens, 0)
    for rest in ([tokens[start:]] if start is not None else []) + [tokens]:
        if not rest and start is not None:
            return ListTasks()
        found = filter_said(rest, message, ref) if _says_something(rest) else None
        if found is not None:
            _refuse_completion_date(found, rest)
            return ListTasks(found)
    return _searched(tokens, message)


def _searched(tokens: Tokens, message: str) -> ListTasks | None:
    for pattern in (*_FIND, _NAMED):
        for captures in match_whole(pattern, tokens):
            said = tuple(token for token in captures["text"] if token.lower not in {"?", "."})
            if not said or len(said) > 8:
                continue
            text = said[0].text[1:-1] if len(said) == 1 and said[0].kind is Kind.QUOTED else text_of(said, message)
            if any(character.isalnum() for character in text):
                return ListTasks(Filter(text=text.strip()))
    return None


def _refuse_completion_date(found: Filter, tokens: Tokens) -> None:
    if found.status == "done" and found.due_before is not None and not any(token.lower == "due" for token in tokens):
        raise Refuse(
            "I can list what is done, but not by the day on which it was done.", ("show done tasks", "what's due today")
        )


def _says_something(tokens: Tokens) -> bool:
    """Whether more than words that join others was said ("what do I have", alone, says nothing)."""
    meaningless = {"a", "the", "do", "i", "is", "and", "in", "on", "to", "for", "of", "by", ",", "?", ".", "me", "'"}
    return any(token.lower not in meaningless for token in tokens)
