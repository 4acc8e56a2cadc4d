"""The tools as a planner has them while it answers one message: nothing twice, and no bulk deletion without a yes."""

import json
from collections.abc import Awaitable, Callable, Sequence

from chat_api.assistant import replies
from chat_api.assistant.planner import CONFIRMATION_NEEDED, Failure, Outcome, PlannedCall, Turn
from chat_api.assistant.toolbox import Journal, Toolbox

Listener = Callable[[Outcome], Awaitable[None]]
"""Told of each call as it is made."""

PlanKeeper = Callable[[Sequence[PlannedCall]], Awaitable[None]]


class MessageTools:
    """Implements `TurnTools` over a toolbox, for one message.

    Attributes:
        unconfirmed: deletions that were not made, and wait for the user's yes.
    """

    def __init__(
        self,
        toolbox: Toolbox,
        turn: Turn,
        *,
        journal: Journal | None = None,
        keep_plan: PlanKeeper | None = None,
        listener: Listener | None = None,
    ) -> None:
        self._toolbox = toolbox
        self._turn = turn
        self._journal = journal
        self._keep_plan = keep_plan
        self._listener = listener
        self._confirmed = False
        self._outcomes: list[Outcome] = list(turn.done)
        self._made = {call_key(outcome.call): outcome for outcome in turn.done}
        self.unconfirmed: list[PlannedCall] = []

    @property
    def outcomes(self) -> Sequence[Outcome]:
        """All calls made for this message so far, those of an interrupted attempt first."""
        return self._outcomes

    async def run_confirmed(self, calls: Sequence[PlannedCall]) -> list[Outcome]:
        """Makes calls that the user has said yes to."""
        self._confirmed = True
        return await self.run(calls)

    async def run(self, calls: Sequence[PlannedCall]) -> list[Outcome]:
        """Makes calls, in order. Deleting more than one task in a turn is refused and becomes a question."""
        refused = self._to_be_confirmed(calls)
        outcomes = []
        for call in calls:
            if call_key(call) in refused:
                if call not in self.unconfirmed:
                    self.unconfirmed.append(call)
                outcomes.append(Outcome(call, failure=Failure(CONFIRMATION_NEEDED, replies.CONFIRMATION_NEEDED)))
            else:
                outcomes.append(await self._run_once(call))
        return outcomes

    async def look_up(self, call: PlannedCall) -> Outcome:
        """Makes a call that only reads and is no part of what the user is shown."""
        tool = self._toolbox.find(call.tool)
        if tool is None or tool.acts:
            raise ValueError(f"{call.tool} does not just look something up")
        return await self._toolbox.call(self._turn.actor, self._turn.asked_at, call)

    async def decide(self, calls: Sequence[PlannedCall]) -> None:
        """Keeps `calls` as the plan for this message, so that an interrupted attempt is finished as it was begun."""
        if self._keep_plan is not None:
            await self._keep_plan(calls)

    async def _run_once(self, call: PlannedCall) -> Outcome:
        key = call_key(call)
        if key in self._made:
            return self._made[key]
        outcome = await self._toolbox.call(self._turn.actor, self._turn.asked_at, call, self._journal)
        if outcome.acted:
            self._made[key] = outcome
        self._outcomes.append(outcome)
        if self._listener is not None:
            await self._listener(outcome)
        return outcome

    def _to_be_confirmed(self, calls: Sequence[PlannedCall]) -> set[str]:
        """The keys of those of `calls` that would make this a deletion of more than one task."""
        if self._confirmed:
            return set()
        made = {key for key, outcome in self._made.items() if self._destroys(outcome.call)}
        wanted = {call_key(call) for call in calls if self._destroys(call)} - made
        return wanted if len(made | wanted) > 1 or (self.unconfirmed and wanted) else set()

    def _destroys(self, call: PlannedCall) -> bool:
        tool = self._toolbox.find(call.tool)
        return tool is not None and tool.destroys


def call_key(call: PlannedCall) -> str:
    """The same text for the same call: what makes it the same within one message."""
    return f"{call.tool} {json.dumps(dict(call.arguments), sort_keys=True, separators=(',', ':'))}"
