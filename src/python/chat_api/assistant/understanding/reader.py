"""From a message to what it means."""

import datetime as dt
import re
from dataclasses import replace
from zoneinfo import ZoneInfo

from chat_api.assistant.understanding.adding import add_said, bare_said, split_lines
from chat_api.assistant.understanding.answers import answer_to
from chat_api.assistant.understanding.asking import Ask, Refuse
from chat_api.assistant.understanding.calendar_terms import Reference
from chat_api.assistant.understanding.commands import Frame, command
from chat_api.assistant.understanding.intents import (
    Ambiguous,
    Context,
    Declined,
    Greeting,
    Help,
    Intent,
    ListTasks,
    NotUnderstood,
    ShowTask,
    Thanks,
    Understanding,
    Understood,
)
from chat_api.assistant.understanding.listing import list_said
from chat_api.assistant.understanding.patterns import match_any, match_phrase
from chat_api.assistant.understanding.targets import TargetReader
from chat_api.assistant.understanding.tokens import Kind, Tokens, tokenize, words

MAX_LENGTH = 2000
"""Longest message that is read, in characters."""
SUGGESTIONS = (
    "add buy milk tomorrow at 17:00 #shopping",
    "what's due this week",
    "remind me about 3 in 1 hour",
    "mark 3 as done",
    "help",
)
"""Messages that are always understood."""
_DAY_AND_MONTH = re.compile(r"\d{1,2}\.\d{1,2}", re.ASCII)
_MOST_TOKENS = 300
_MOST_COMMAND_TOKENS = 60
_SMALL_TALK: tuple[tuple[Intent, tuple[str, ...]], ...] = (
    (
        Help(),
        (
            "help [me] [please]",
            "?",
            "commands|instructions|usage",
            "what [else] can|do you [do]",
            "what can i say|ask|do [here]",
            "how does this|it work",
            "how do|can i use this|you|it",
            "i need [some] help",
            "show|give me [the] [some] help|commands|examples",
        ),
    ),
    (
        Greeting(),
        (
            "hi|hello|hey|hiya|yo|greetings|howdy|morning [there|tickler|again|everyone|you]",
            "good morning|evening|afternoon|day [tickler]",
            "how are you [doing] [today]",
        ),
    ),
    (
        Thanks(),
        (
            "thanks|thx|ty|cheers|ta [a] [lot|bunch|million] [so] [much] [tickler]",
            "many thanks",
            "thank you [so|very] [much] [tickler]",
            "great|perfect|awesome|nice|cool|wonderful|excellent|brilliant [thanks|job|work] [thank] [you]",
            "well|good done|job|work",
        ),
    ),
    (
        Declined(),
        (
            "no|nope|nah [thanks|thank] [you]",
            "never|nevermind mind",
            "nevermind|nvm",
            "forget [about] it|that",
            "cancel [that|it]",
            "don't|dont [do] [it|that]",
            "do nothing",
        ),
    ),
)
_HOW_TO = ("how do|can|would|could|should i", "how to", "what is the command")
_POLITE = (
    "please|pls|plz|kindly|just|also|now|tickler|assistant|ok|okay|alright [,]",
    "hi|hello|hey [there|tickler] [,|!]",
    "can|could|would|will you [please|kindly] [also|just]",
    "would you mind",
    "i want|need|like you to",
    "i'd|i like you to",
    "i'd like|love [you] to",
    "i would like [you] to",
    "i want to",
    "i wanna",
    "let's|lets",
    "and|then [then|also]",
    "go ahead and",
)
_POLITE_ENDINGS = ("please|pls|plz", "thanks|thx", "thank you", "for me", "if you can|could", "will|would you")
_NOT_TO_BE_DONE = words("don't dont never shouldn't should if why did didn't won't can't cannot unless whether")


def understand(message: str, now: dt.datetime, timezone: str, context: Context | None = None) -> Understanding:
    """What a user's message means.

    Total and deterministic: any text gets an answer, the same one for the same arguments. Nothing that is unsure
    comes back as an intent: it is a question, or not understood.

    Args:
        message: what the user wrote.
        now: the present moment; aware, in any zone.
        timezone: IANA name of the user's zone; dates and times are wall-clock values in it.
        context: what was said before; `Context.pending` is the question that this message may answer.

    Raises:
        ValueError: `now` is naive.
        zoneinfo.ZoneInfoNotFoundError: there is no such zone.
    """
    if now.tzinfo is None:
        raise ValueError("now has to be aware")
    context = context or Context()
    ref = Reference(now.astimezone(ZoneInfo(timezone)), context.week_start, context.date_order)
    return _Reader(ref, context).read(message)


class _Reader:
    def __init__(self, ref: Reference, context: Context) -> None:
        self._ref = ref
        self._context = context

    def read(self, message: str) -> Understanding:
        if len(message) > MAX_LENGTH:
            return NotUnderstood(f"That is longer than the {MAX_LENGTH} characters that I read at once.", SUGGESTIONS)
        try:
            return self._read(message)
        except Ask as asking:
            return Ambiguous(asking.question)
        except Refuse as refused:
            return NotUnderstood(refused.reason, refused.suggestions)

    def _read(self, message: str) -> Understanding:
        tokens = tokenize(message)
        pending = self._context.pending
        if pending is not None:
            answer = answer_to(pending, tokens, message, is_command=lambda: self._is_command(tokens, message))
            if isinstance(answer, str):
                meaning = _Reader(self._ref, replace(self._context, pending=None)).read(answer)
                is_asked_again = isinstance(meaning, Ambiguous) and meaning.question.text == pending.text
                return Ambiguous(pending) if is_asked_again else meaning
            if answer is not None:
                return answer
        if not tokens:
            return NotUnderstood("There was nothing in that message.", SUGGESTIONS)
        if len(tokens) > _MOST_TOKENS:
            return NotUnderstood("That is more than I can read at once.", SUGGESTIONS)
        core = _core(tokens)
        if len(core) == 1 and core[0].lower in _LONE_VERBS:
            verb = core[0].lower
            return NotUnderstood(
                f"{verb.capitalize()} what? Say the task's number or title.", (f"{verb} 3", *SUGGESTIONS)
            )
        intents = self._explicit(tokens, message)
        if intents:
            return Understood(intents)
        if not core or core[0].lower in _NOT_TO_BE_DONE or tokens[-1].text == "?":
            return NotUnderstood("I did not understand that, and did nothing.", SUGGESTIONS)
        bare = bare_said(core, message, self._ref)
        if bare is not None:
            return Understood((bare,))
        return NotUnderstood("I did not understand that, and did nothing.", SUGGESTIONS)

    def _is_command(self, tokens: Tokens, message: str) -> bool:
        """Whether a message is a command of its own, and no short answer: a number, a date, a few words."""
        try:
            intents = self._explicit(tokens, message)
        except (Ask, Refuse):
            return True
        return bool(intents) and not (isinstance(intents[0], ListTasks | ShowTask) and tokens[0].lower not in _SEEING)

    def _explicit(self, tokens: Tokens, message: str) -> tuple[Intent, ...]:
        """The intents of a message that says what to do; none where it does not."""
        whole = _without_ending(tokens)
        for intent, patterns in _SMALL_TALK:
            if any(match_phrase(pattern, whole, 0) == len(whole) for pattern in patterns):
                return (intent,)
        if match_any(_HOW_TO, tokens, 0) is not None:
            return (Help(),)
        for parts in (split_lines(tokens, message), _by_semicolon(tokens)):
            each = [self._single(part, message) for part in parts] if len(parts) > 1 else []
            if each and all(each):
                return tuple(intent for intents in each for intent in intents)
        return self._joined(tokens, message) or self._single(tokens, message)

    def _joined(self, tokens: Tokens, message: str) -> tuple[Intent, ...]:
        """``complete 4 and delete 5``, ``move 3 to friday and 4 to monday``: commands on tasks joined by "and"."""
        core = _core(tokens)
        if len(core) > _MOST_COMMAND_TOKENS:
            return ()
        for at in range(1, len(core) - 1):
            if core[at].lower not in {"and", "then"} or core[at].kind is Kind.QUOTED:
                continue
            left = core[: at - 1] if core[at - 1].text == "," else core[:at]
            right = core[at + 1 :]
            frame = self._frame(core, message)
            first = command(left, replace(frame, first=left[0].lower)) if left else ()
            if not first:
                continue
            says_number = right[0].lower.lstrip("#").isdigit() and len(right) > 1
            right = (core[0], *right) if says_number else _core(right)
            if not right:
                continue
            second = self._joined(right, message) or command(right, replace(frame, first=right[0].lower))
            if second and not any(isinstance(intent, ShowTask) for intent in (*first, *second)):
                return (*first, *second)
        return ()

    def _single(self, tokens: Tokens, message: str) -> tuple[Intent, ...]:
        core = _core(tokens)
        if not core or core[0].lower in _NOT_TO_BE_DONE - {"don't", "dont"}:
            return ()
        if _is_literal_add(core):
            return add_said(core, message, self._ref)
        frame = self._frame(core, message)
        if len(core) <= _MOST_COMMAND_TOKENS:
            found = command(core, replace(frame, asks=tokens[-1].text == "?" and core[0] is tokens[0]))
            listed = list_said(core, message, self._ref) if not found else None
            if listed is not None:
                return (listed,)
            if found:
                return found
        return add_said(core, message, self._ref)

    def _frame(self, core: Tokens, message: str) -> Frame:
        targets = TargetReader(message, self._ref, self._context)
        return Frame(message, self._ref, targets, asks=False, first=core[0].lower)


_SEEING = words("show list display view see what what's whats which find search")
_LONE_VERBS = words(
    "add complete delete remove finish done move rename reopen skip mark remind reschedule postpone cancel undo tag "
    "set change update edit make snooze push new create close check"
)


_LITERAL_ADD = (
    "add|create|make|new|enter [a|an|the] [new] task|todo|to-do|item [called|named|titled] :",
    "add|new :",
    "[new] task|todo|to-do :",
    "create|make|new [a|an|the] [new] task|todo|to-do|item",
    "add a|an [new] task|todo|to-do|item",
)


def _is_literal_add(tokens: Tokens) -> bool:
    """Whether everything after the first words is what to add: "add task: delete the old backups"."""
    end = match_any(_LITERAL_ADD, tokens, 0)
    if end is None:
        return False
    return tokens[end - 1].text == ":" or not (end < len(tokens) and tokens[end].lower.lstrip("#").isdecimal())


def _by_semicolon(tokens: Tokens) -> list[Tokens]:
    parts: list[Tokens] = []
    start = 0
    for at, token in enumerate(tokens):
        if token.text == ";":
            parts.append(tokens[start:at])
            start = at + 1
    parts.append(tokens[start:])
    return [part for part in parts if part]


def _core(tokens: Tokens) -> Tokens:
    """Without politeness around it and the punctuation at its end."""
    tokens = _without_ending(tokens)
    while True:
        start = match_any(_POLITE, tokens, 0)
        if start is None or start == 0 or start >= len(tokens):
            break
        tokens = tokens[start:]
    while True:
        for ending in _POLITE_ENDINGS:
            size = len(ending.split())
            if len(tokens) > size and match_phrase(ending, tokens, len(tokens) - size) == len(tokens):
                tokens = _without_ending(tokens[:-size])
                break
        else:
            return tokens


def _without_ending(tokens: Tokens) -> Tokens:
    end = len(tokens)
    while end > 1 and tokens[end - 1].text in {"?", "!", ".", ",", "\N{HORIZONTAL ELLIPSIS}"}:
        if tokens[end - 1].text == "." and _DAY_AND_MONTH.fullmatch(tokens[end - 2].text):
            break
        end -= 1
    return tokens[:end]
