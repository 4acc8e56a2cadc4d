"""Steps that run as soon as those before them are done."""

import threading

import pytest

from stack.commands import Commands
from stack.console import Console
from stack.errors import Interrupted, StackError
from stack.plan import Plan, wait_until


@pytest.fixture
def commands() -> Commands:
    return Commands()


@pytest.fixture
def plan(commands: Commands) -> Plan:
    return Plan(Console(), commands)


def test_a_step_sees_the_results_of_those_before_it(plan: Plan) -> None:
    one = plan.step("one", lambda: 1)
    two = plan.step("two", lambda: one.value + 1, [one])
    three = plan.step("three", lambda: one.value + two.value, [one, two])
    plan.run()
    assert three.value == 3


def test_steps_that_do_not_depend_on_each_other_run_side_by_side(plan: Plan) -> None:
    meeting = threading.Barrier(3)
    for name in ("one", "two", "three"):
        plan.step(name, lambda: meeting.wait(timeout=10))
    plan.run()


def test_the_first_failure_is_raised_and_later_steps_do_not_run(plan: Plan) -> None:
    ran: list[str] = []

    def fail() -> None:
        raise StackError("no network")

    broken = plan.step("broken", fail)
    plan.step("later", lambda: ran.append("later"), [broken])
    with pytest.raises(StackError, match="no network"):
        plan.run()
    assert ran == []


def test_a_failure_ends_what_runs_beside_it(plan: Plan, commands: Commands) -> None:
    def fail() -> None:
        raise StackError("no network")

    plan.step("broken", fail)
    plan.step("endless", lambda: commands.pause(600))
    with pytest.raises(StackError, match="no network"):
        plan.run()


def test_an_interruption_of_the_commands_ends_the_plan(plan: Plan, commands: Commands) -> None:
    plan.step("interrupting", commands.interrupt)
    plan.step("endless", lambda: commands.pause(600))
    with pytest.raises(Interrupted):
        plan.run()


def test_waiting_gives_up_after_its_time_and_says_for_what(commands: Commands) -> None:
    with pytest.raises(StackError, match="kafka was not ready within 0 s; see the log"):
        wait_until(lambda: False, what="kafka", timeout=0, commands=commands, hint="see the log", every=0.001)
