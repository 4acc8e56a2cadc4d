"""Whatever is delivered twice and whatever fails, each event has one effect, in the order of its key."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from tests.support.sample.service import Sample, fails, loses_the_connection, user_updated

USERS, VERSIONS = (1, 2, 3), (1, 2, 3, 4)
EVENTS = [user_updated(user, version) for version in VERSIONS for user in USERS]
IDS = [event.envelope.id for event in EVENTS]

positions = st.integers(0, len(EVENTS) - 1)


@st.composite
def deliveries(draw: st.DrawFn) -> list[list[int]]:
    """Batches that bring every event once in Kafka's order, with any that came before among them again."""
    order: list[int] = []
    for position in range(len(EVENTS)):
        order.append(position)
        order.extend(draw(st.lists(st.integers(0, position), max_size=2)))
    cuts = sorted(draw(st.sets(st.integers(1, len(order) - 1), max_size=6)))
    return [order[start:end] for start, end in zip([0, *cuts], [*cuts, len(order)], strict=True)]


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    batches=deliveries(),
    failures=st.dictionaries(positions, st.integers(1, 4), max_size=4),
    lost=st.sets(positions, max_size=1),
    retry_after=st.sets(st.integers(0, 6)),
)
async def test_any_interleaving_of_duplicates_and_failures_has_each_effect_once_and_in_order(
    sample: Sample, batches: list[list[int]], failures: dict[int, int], lost: set[int], retry_after: set[int]
) -> None:
    async with sample.engine.begin() as connection:
        await connection.execute(
            text("TRUNCATE effects, outbox, processed_events, parked_events, dead_letters RESTART IDENTITY")
        )
    sample.trouble = {IDS[position]: fails(times) for position, times in failures.items()}
    sample.trouble |= {IDS[position]: loses_the_connection for position in lost}

    for number, batch in enumerate(batches):
        assert set(await sample.receive(*(EVENTS[position] for position in batch))) == {"SUCCESS"}
        if number in retry_after:
            sample.clock.advance(seconds=5)
            await sample.retry_loop.try_due()
    for position in lost:
        sample.trouble.pop(IDS[position])
    for _ in range(4 * len(VERSIONS)):  # each event of a key may take four attempts while the others wait behind it
        sample.clock.advance(minutes=2)
        await sample.retry_loop.try_due()

    # An event that failed four times is a dead letter; it had no effect, and every other had one.
    dead = {letter.event_id for letter in await sample.letters()}
    for user in USERS:
        alive = [v for v in VERSIONS if user_updated(user, v).envelope.id not in dead]
        assert await sample.effects(user) == alive
    assert await sample.count("parked_events") == 0
    assert dead <= {IDS[position] for position in failures}
