"""The brake on dead-lettering."""

from events.brake import Brake
from tests.support.fakes import nth_id


def failing(brake: Brake, count: int, event_type: str = "task.completed") -> None:
    for n in range(1, count + 1):
        brake.failed(event_type, nth_id(n))


def test_many_different_events_that_fail_in_a_row_engage_it() -> None:
    brake = Brake(3)
    failing(brake, 2)
    assert not brake.engaged("task.completed")
    failing(brake, 3)
    assert brake.engaged("task.completed")


def test_one_event_that_fails_again_and_again_does_not() -> None:
    brake = Brake(2)
    for _ in range(10):
        brake.failed("task.completed", nth_id(1))
    assert not brake.engaged("task.completed")


def test_a_success_releases_it() -> None:
    brake = Brake(2)
    failing(brake, 2)
    brake.succeeded("task.completed")
    assert not brake.engaged("task.completed")


def test_a_success_of_another_type_does_not() -> None:
    brake = Brake(2)
    failing(brake, 2)
    brake.succeeded("user.updated")
    assert brake.engaged("task.completed")
    assert not brake.engaged("user.updated")
