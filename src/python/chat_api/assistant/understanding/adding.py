"""Wishes to add tasks: ``add …``, ``I need to …``, ``remind me to …``, or just the task with its date."""

from dataclasses import replace

from chat_api.assistant.understanding.asking import Ask
from chat_api.assistant.understanding.calendar_terms import Reference
from chat_api.assistant.understanding.extraction import extract, task_from
from chat_api.assistant.understanding.intents import AddTask, Option, Question
from chat_api.assistant.understanding.patterns import match_any, match_phrase
from chat_api.assistant.understanding.tokens import Kind, Token, Tokens, text_of, words

_TASK = "task|todo|to-do|item|entry"
_LITERAL_HEADS = (
    f"create|make|add [me] a|an [new] {_TASK} to",
    f"add|create|make|enter|put|new [me] [a|an|the] [new] {_TASK} [for|to] [me] [called|named|titled] :",
    f"add|create|make|enter|new [me] [a|an|the] [new] {_TASK} [called|named|titled|that] [says] [:]",
    f"add|create|make|enter|new [me] [a|an|the] [new] {_TASK} [to] [my|the] [list] [to|for] [me] [to] [:]",
    f"[new] {_TASK} :",
    "add|new :",
)
_ADD_HEADS = (
    "add [to] [my] [todo|to-do|task] [list] :",
    "put|add [down] [that]",
    "i|we [really|also|still] need|have|must|gotta|ought [to] [got] [to]",
    "i've|ive|we've got to",
    "i've|i got to",
    "need|have to",
    "remember to",
    "don't|dont forget to",
    "make sure i|to|that [i] [to]",
    "note to self [:|,]",
)
_SEVERAL_HEADS = ("add|create|new [these|the|following|some|new] [following] [new] tasks|todos|items [:]",)
_REMINDING_HEADS = (
    "remind|notify|ping|alert me [please] to|that",
    "set|add|create|make|schedule [me] [a] [new] reminder [for] [me] to|that|:",
    "[new] reminder [to] :",
    "don't|dont let me forget to|about|that",
    "do not let me forget to|about|that",
)
_REMINDING_WHEN_HEADS = (
    "remind|notify|ping|alert me",
    "set|add|create|make|schedule [me] [a] [new] reminder [for|at|on]",
)
_LISTS = ("on|to|onto|in my|the [todo|to-do|task|tasks] list", "to|in my tasks|todos")
_NO_TASK_START = words(
    "what why how who where when which whose should shall can could would will did do does is are was were am if i "
    "i'm i've i'd i'll im ive we we're we've you you're your he she they it it's this that these those the there my "
    "our his her their maybe perhaps not no yes don't dont never nothing hi hello hey ok okay so well but because "
    "thanks thank what's whats who's where's how's let's lol tell"
)
_COMMAND_VERBS = words(
    "complete finish close mark set make move push postpone delay defer shift bump change reschedule rename delete "
    "remove skip reopen repeat tag untag snooze undo cancel stop clear show list schedule do update edit flag tick "
    "check"
)
_COUNTABLE_VERBS = words("complete finish set do list check clear change cancel schedule")
"""Command verbs that a task of its own may begin with, before a number of things: "do 30 pushups"."""
_PRONOUNS = words("i you we they it not any")
_FINITE = words(
    "is are was were am isn't wasn't aren't will won't has had have hasn't haven't i'm it's that's did didn't"
)
_MOST_TITLE_WORDS = 60


def add_said(tokens: Tokens, message: str, ref: Reference) -> tuple[AddTask, ...]:
    """The tasks that an explicit wish to add names; none where `tokens` are no such wish.

    Raises:
        Ask: something has to be asked first.
        Refuse: the repeat cannot be.
    """
    urgent = match_phrase("urgent|important|asap :", tokens, 0)
    if urgent is not None:
        rest = tokens[urgent:]
        tasks = add_said(rest, message, ref) or _one(rest, message, ref)
        return tuple(replace(task, priority="high") for task in tasks)
    several = _several(tokens, message, ref)
    if several:
        return several
    reminding = _reminding(tokens, message, ref)
    if reminding is not None:
        return (reminding,)
    if len(tokens) > 2 and tokens[2].lower.isdecimal() and match_phrase(f"make|add|create {_TASK}", tokens, 0):
        return ()
    if tokens and tokens[0].lower == "put" and _without_list(tokens)[0] == tokens:
        return ()
    for heads in (_LITERAL_HEADS, _ADD_HEADS):
        start = match_any(heads, tokens, 0)
        if start is not None:
            return _one(tokens[start:], message, ref, head=tokens[:start])
    return _after_date(tokens, message, ref)


def bare_said(tokens: Tokens, message: str, ref: Reference) -> AddTask | None:
    """The task that a message names without saying that it is one; None where that is not sure enough.

    It has to say when, and not to tell or ask something.

    Raises:
        Ask: it names a task, but not when; or something has to be asked first.
        Refuse: the repeat cannot be.
    """
    if not tokens or tokens[-1].text == "?" or len(tokens) > _MOST_TITLE_WORDS:
        return None
    found = extract(tokens, message, ref)
    kept = [token for token in found.kept if token.kind is Kind.WORD]
    if not kept or _tells_or_asks(kept) or _is_about_number(kept):
        return None
    if not any(character.isalpha() for token in kept for character in token.text):
        return None
    if any(token.lower in _FINITE for token in kept):
        raise Ask(_add_it(message))
    if not found.is_dated and not found.tags and found.priority is None:
        raise Ask(_add_it(message))
    return task_from(tokens, message, ref)


def _tells_or_asks(kept: list[Token]) -> bool:
    if kept[0].lower == "do":
        return len(kept) == 1 or kept[1].lower in _PRONOUNS
    return kept[0].lower in _NO_TASK_START


def _is_about_number(kept: list[Token]) -> bool:
    """``make 4 blue``: a command on a task that was not understood must not become a task."""
    if len(kept) < 2 or kept[0].lower not in _COMMAND_VERBS:
        return False
    if kept[0].lower in {"delete", "remove"} and kept[1].lower in {"all", "every"}:
        return True
    if kept[1].lower in {"task", "tasks"}:
        return len(kept) > 2
    return kept[1].lower.lstrip("#").isdecimal() and (len(kept) == 2 or kept[0].lower not in _COUNTABLE_VERBS)


def _add_it(message: str) -> Question:
    text = message.strip()
    return Question(f"Shall I add “{text}” as a task?", (Option("yes", f"add task: {text}"),))


def _one(tokens: Tokens, message: str, ref: Reference, head: Tokens = ()) -> tuple[AddTask, ...]:
    tokens, list_tag = _without_list(tokens)
    task = task_from(tokens, message, ref) if tokens else None
    if task is None:
        before = text_of(head, message) or "add"
        raise Ask(Question("What shall I add?", template=f"{before} {{answer}} {text_of(tokens, message)}".rstrip()))
    if list_tag is not None and list_tag not in task.tags:
        task = replace(task, tags=(*task.tags, list_tag))
    return (task,)


def _without_list(tokens: Tokens) -> tuple[Tokens, str | None]:
    """Without "to my list"; the name of a list ("to my shopping list") is a tag."""
    for at in range(1, len(tokens)):
        end = match_any(_LISTS, tokens, at)
        if end is not None and (end == len(tokens) or tokens[end].lower in {"for", "on", "by", "at", ",", "."}):
            if end < len(tokens) and tokens[end].lower == "for":
                end += 1
            return tokens[:at] + tokens[end:], None
        named = match_phrase("to|on|onto my|the", tokens, at)
        if named is not None and named + 2 == len(tokens) and tokens[named + 1].lower == "list":
            name = tokens[named].lower
            if name.isalpha():
                return tokens[:at], name
    return tokens, None


def _several(tokens: Tokens, message: str, ref: Reference) -> tuple[AddTask, ...]:
    """``add tasks: milk, eggs``: one task for each line, or else for each part between commas."""
    start = match_any(_SEVERAL_HEADS, tokens, 0)
    if start is None or start >= len(tokens):
        return ()
    rest = tokens[start:]
    lines = split_lines(rest, message)
    parts = lines if len(lines) > 1 else _split(rest, {",", ";"})
    if len(parts) == 1:
        parts = _split(rest, {"and"})
    cleaned = [_without_bullet(part) for part in parts]
    return tuple(task for part in cleaned if part for task in _one(part, message, ref))


def split_lines(tokens: Tokens, message: str) -> list[Tokens]:
    """`tokens` by the lines of the message that they stand in."""
    lines: list[list[Token]] = []
    for token in tokens:
        if not lines or "\n" in message[lines[-1][-1].end : token.start]:
            lines.append([])
        lines[-1].append(token)
    return [tuple(line) for line in lines]


def _split(tokens: Tokens, separators: set[str]) -> list[Tokens]:
    parts: list[list[Token]] = [[]]
    for token in tokens:
        if token.lower in separators:
            parts.append([])
        else:
            parts[-1].append(token)
    return [tuple(part) for part in parts if part]


def _without_bullet(tokens: Tokens) -> Tokens:
    at = 0
    while at < len(tokens) and tokens[at].text in {"-", "*", "\N{BULLET}", "and"}:
        at += 1
    return tokens[at:]


def _reminding(tokens: Tokens, message: str, ref: Reference) -> AddTask | None:
    """``remind me to …`` with the time after it, before it, or in between."""
    start = match_any(_REMINDING_HEADS, tokens, 0)
    if start is not None:
        return _reminding_of(tokens[start:], (), message, ref)
    start = match_any(_REMINDING_WHEN_HEADS, tokens, 0)
    if start is not None:
        return _reminding_when(tokens[start:], message, ref)
    for at in range(1, min(len(tokens), 14)):
        start = match_any(_REMINDING_HEADS, tokens, at)
        before = tokens[: at - 1] if tokens[at - 1].text == "," else tokens[:at]
        if start is not None and _is_only_when(before, message, ref):
            return _reminding_of(tokens[start:], before, message, ref)
    return None


def _reminding_when(tokens: Tokens, message: str, ref: Reference) -> AddTask | None:
    """What is after "remind me": a time, then what; or what, then a time."""
    for at in range(1, len(tokens)):
        if tokens[at].lower in {"to", "that", ":"} and _is_only_when(tokens[:at], message, ref):
            return _reminding_of(tokens[at + 1 :], tokens[:at], message, ref)
    if not tokens:
        raise Ask(Question("What shall I remind you of, and when?", template="remind me to {answer}"))
    if _is_only_when(tokens, message, ref):
        said = text_of(tokens, message)
        raise Ask(Question("What shall I remind you of?", template=f"remind me {said} to {{answer}}"))
    if tokens[0].lower in _NO_TASK_START or tokens[0].lower in {"about", "of"}:
        return None
    return task_from(tokens, message, ref, reminding=True) if extract(tokens, message, ref).is_dated else None


def _reminding_of(what: Tokens, when: Tokens, message: str, ref: Reference) -> AddTask | None:
    task = task_from((*what, *when), message, ref, reminding=True) if what else None
    if task is None:
        raise Ask(Question("What shall I remind you of?", template=f"{message.strip()} {{answer}}"))
    if not task.reminders:
        raise Ask(
            Question(
                "When shall I remind you?",
                (Option("no reminder, just add it", f"add task: {text_of(what, message)}"),),
                f"{message.strip()} {{answer}}",
            )
        )
    return task


def _is_only_when(tokens: Tokens, message: str, ref: Reference) -> bool:
    if not tokens:
        return False
    found = extract(tokens, message, ref)
    return found.is_dated and not found.kept


def _after_date(tokens: Tokens, message: str, ref: Reference) -> tuple[AddTask, ...]:
    """``tomorrow I need to buy stamps``, ``on friday remember to …``."""
    for at in range(1, min(len(tokens), 10)):
        start = match_any(_ADD_HEADS[2:], tokens, at)
        before = tokens[: at - 1] if tokens[at - 1].text == "," else tokens[:at]
        if start is not None and _is_only_when(before, message, ref):
            return _one((*tokens[start:], *before), message, ref)
    return ()
