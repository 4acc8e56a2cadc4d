"""The planner that needs no model: intents become tool calls by fixed rules."""

from collections.abc import Sequence

from chat_api.assistant import replies
from chat_api.assistant.planner import Answer, Pending, Turn, TurnTools
from chat_api.assistant.steps import Ask, Calls, IntentRules, Step, Words
from chat_api.assistant.understanding import intents
from chat_api.assistant.understanding.reader import understand


class RulesPlanner:
    """Understands by grammar, and acts only on what it has understood."""

    async def answer(self, turn: Turn, tools: TurnTools) -> Answer:
        """Answers the message of `turn`; what is not understood gets examples and no action."""
        if turn.done:  # a plan of one call is not kept: where it was made, all was done
            return Answer(replies.tell(turn.done))
        match understand(turn.message, turn.asked_at, turn.actor.timezone, _context(turn)):
            case intents.NotUnderstood(reason, suggestions):
                return Answer(replies.not_understood(reason, suggestions))
            case intents.Ambiguous(question):
                return Answer(question.text, Pending(question))
            case intents.Understood(understood):
                rules = IntentRules(turn, tools)
                return await _carry_out([await rules.step(intent) for intent in understood], tools)


async def _carry_out(steps: Sequence[Step], tools: TurnTools) -> Answer:
    questions = [step.pending for step in steps if isinstance(step, Ask)]
    if questions:
        return _ask_first(questions, steps)
    calls = [call for step in steps if isinstance(step, Calls) for call in step.calls]
    if len(calls) > 1:
        await tools.decide(calls)
    lines = [replies.tell(await tools.run(calls))] if calls else []
    lines += [step.text for step in steps if isinstance(step, Words)]
    return Answer("\n".join(lines))


def _ask_first(questions: Sequence[Pending], steps: Sequence[Step]) -> Answer:
    """Asks one question and does nothing yet; each of its choices then does the message's other parts as well."""
    pending = questions[0]
    position = next(n for n, step in enumerate(steps) if isinstance(step, Ask))
    before = [call for step in steps[:position] if isinstance(step, Calls) for call in step.calls]
    after = [call for step in steps[position:] if isinstance(step, Calls) for call in step.calls]
    choices = tuple((*before, *choice, *after) for choice in pending.choices)
    text = pending.question.text
    if len(questions) > 1:
        text = f"{text}\n(One thing at a time: please say the rest again after this.)"
    return Answer(text, Pending(pending.question, choices))


def _context(turn: Turn) -> intents.Context:
    memory = turn.memory
    # A question with calls of its own was answered before any planner was asked.
    pending = memory.pending.question if memory.pending is not None and not memory.pending.choices else None
    return intents.Context(mentioned=memory.mentioned, listed=memory.listed, pending=pending)
