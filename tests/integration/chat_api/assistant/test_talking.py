"""What can be said to the assistant, and what it then does. It is Monday, 2 March 2026, 10:00 in Berlin."""

import pytest

from tests.support.chat_service import ChatService, Talker


async def add(user: Talker, *tasks: str) -> None:
    for task in tasks:
        heard = await user.say(f"add {task}")
        assert heard.tools == ["add_task"], heard


@pytest.mark.proves("FR-001", "FR-011")
async def test_a_task_is_added_as_the_specification_says_it(service: ChatService, user: Talker) -> None:
    heard = await user.say("Add task: Buy groceries")

    assert heard.reply == 'Added task 1 "Buy groceries".'
    assert heard.tools == ["add_task"]
    assert heard.actions[0]["result"]["task"]["title"] == "Buy groceries"
    (task,) = await user.tasks()
    assert (task["number"], task["title"], task["status"]) == (1, "Buy groceries", "open")
    assert "task.created" in await service.published()


async def test_a_task_is_added_with_due_date_priority_tag_repeat_and_reminder(user: Talker) -> None:
    heard = await user.say("add call mom every monday at 9:00 #family !high, remind me 1 hour before")

    task = await user.task(1)
    assert (task["title"], task["priority"], task["tags"]) == ("call mom", "high", ["family"])
    assert task["due"] == {"date": "2026-03-09", "time": "09:00:00", "timezone": "Europe/Berlin"}
    assert task["recurrence"]["rule"] == "FREQ=WEEKLY;BYDAY=MO"
    assert [reminder["remind_at"] for reminder in task["reminders"]] == ["2026-03-09T07:00:00Z"]
    assert heard.reply == (
        'Added task 1 "call mom". It is due Mon 9 Mar 2026, 09:00 (Europe/Berlin). It repeats every Monday.'
        " It has high priority. Tags: #family. I will remind you Mon 9 Mar 2026, 08:00 (Europe/Berlin)."
    )


async def test_words_for_dates_count_from_the_users_own_day(service: ChatService) -> None:
    async with Talker.register(service.base_url, timezone="Pacific/Kiritimati") as user:  # where it is 23:00
        heard = await user.say("add swim in 2 hours")

    assert "tomorrow, Tue 3 Mar 2026, 01:00 (Pacific/Kiritimati)" in heard.reply


async def test_tasks_are_listed_open_done_by_tag_and_by_due_date(user: Talker) -> None:
    await add(user, "buy milk", "pay rent tomorrow #home", "renew passport on 20 March", "fix sink today #home")
    await user.say("complete task 1")

    async def titles(message: str) -> list[str]:
        heard = await user.say(message)
        assert heard.tools == ["list_tasks"]
        return [task["title"] for task in heard.actions[0]["result"]["tasks"]]

    assert await titles("list") == ["fix sink", "pay rent", "renew passport"]
    assert await titles("list done tasks") == ["buy milk"]
    assert await titles("show #home") == ["fix sink", "pay rent"]
    assert await titles("what is due today?") == ["fix sink"]
    assert await titles("what's due this week") == ["fix sink", "pay rent"]


async def test_a_list_names_dates_and_their_zone(user: Talker) -> None:
    await add(user, "pay rent tomorrow at 17:00 #home high priority", "buy milk")

    heard = await user.say("list my tasks")

    assert heard.reply == (
        "2 tasks, times in Europe/Berlin:\n"
        "  1. pay rent (due tomorrow, Tue 3 Mar 2026, 17:00; high priority; #home)\n"
        "  2. buy milk"
    )


async def test_completing_says_when_the_next_one_comes_and_what_became_of_reminders(user: Talker) -> None:
    await add(user, "water the plants every day", "buy milk")
    await user.say("remind me about task 1 at 20:00")

    assert (await user.say("Mark task 1 as done")).reply == (
        'Done: task 1 "water the plants". The next one is due tomorrow, Tue 3 Mar 2026 (Europe/Berlin).'
        " Its reminder is cancelled."
    )
    assert (await user.say("done with milk")).reply == 'Done: task 2 "buy milk".'
    assert (await user.say("complete 2")).reply == 'Task 2 "buy milk" is done already.'


async def test_the_last_occurrence_ends_its_series(user: Talker) -> None:
    await add(user, "take the pill every day until today")

    heard = await user.say("complete 1")

    assert heard.reply == 'Done: task 1 "take the pill". It was the last of its series.'


async def test_an_occurrence_is_skipped(user: Talker) -> None:
    await add(user, "water the plants every day", "buy milk")

    assert (await user.say("skip 1")).reply == (
        'Skipped task 1 "water the plants". The next one is due tomorrow, Tue 3 Mar 2026 (Europe/Berlin).'
    )
    assert (await user.task(1))["resolution"] == "skipped"
    refused = await user.say("skip 2")
    assert refused.reply == "Task 2 does not repeat, so there is no occurrence to skip."
    assert (await user.task(2))["status"] == "open"


async def test_reopening_brings_reminders_back(user: Talker) -> None:
    await add(user, "buy milk")
    await user.say("remind me about it at 20:00")
    await user.say("complete it")

    heard = await user.say("reopen milk")

    assert heard.reply == (
        'Task 1 "buy milk" is open again. I will remind you today, Mon 2 Mar 2026, 20:00 (Europe/Berlin).'
    )


async def test_a_task_is_renamed(user: Talker) -> None:
    await add(user, "buy milk")

    assert (await user.say("rename task 1 to buy oat milk")).reply == 'Task 1 is now called "buy oat milk".'
    assert (await user.task(1))["title"] == "buy oat milk"


async def test_a_task_is_rescheduled_and_relative_reminders_move_with_it(user: Talker) -> None:
    await add(user, "pay rent tomorrow at 17:00")
    await user.say("remind me 1 hour before task 1")

    heard = await user.say("move it to friday")
    assert heard.reply == (
        'Task 1 "pay rent" is due Fri 6 Mar 2026, 17:00 (Europe/Berlin).'
        " I will remind you Fri 6 Mar 2026, 16:00 (Europe/Berlin)."
    )
    assert "Sun 8 Mar 2026, 17:00" in (await user.say("postpone task 1 by two days")).reply
    assert "Sun 8 Mar 2026, 09:00" in (await user.say("move it to 9am")).reply
    gone = await user.say("remove the due date of task 1")
    assert gone.reply == 'Task 1 "pay rent" has no due date any more. Its reminder is cancelled.'


async def test_priority_tags_and_repeat_are_changed(user: Talker) -> None:
    await add(user, "pay rent tomorrow")

    assert (await user.say("set priority of 1 to high")).reply == 'Task 1 "pay rent" has high priority.'
    assert (await user.say("tag 1 with home")).reply == 'Task 1 "pay rent" is tagged #home.'
    assert (await user.say("remove tag home from 1")).reply == 'Task 1 "pay rent" has no tags.'
    assert "repeats every" in (await user.say("make it repeat every month")).reply
    assert (await user.say("stop repeating task 1")).reply == 'Task 1 "pay rent" does not repeat any more.'


async def test_deleting_a_repeating_task_says_that_its_series_ends(user: Talker) -> None:
    await add(user, "water the plants every day")

    assert (await user.say("delete task 1")).reply == 'Deleted task 1 "water the plants". Its series has ended.'
    assert await user.tasks() == []


@pytest.mark.proves("US3.1")
async def test_a_reminder_is_set_after_a_delay(service: ChatService, user: Talker) -> None:
    await add(user, "call the dentist")

    heard = await user.say("Remind me about task 1 in 5 minutes")

    assert heard.tools == ["add_reminder"]
    assert "today, Mon 2 Mar 2026, 10:05 (Europe/Berlin)" in heard.reply
    assert (await service.published())[-2:] == ["task.updated", "reminder.scheduled"]


async def test_reminders_are_set_at_a_time_or_before_the_due_time_listed_and_cancelled(user: Talker) -> None:
    await add(user, "call the dentist tomorrow at 14:00")

    assert "tomorrow, Tue 3 Mar 2026, 09:00" in (await user.say("remind me about the dentist tomorrow at 9am")).reply
    assert "tomorrow, Tue 3 Mar 2026, 13:30" in (await user.say("remind me 30 minutes before task 1")).reply
    assert (await user.say("list reminders")).reply == (
        "2 reminders, times in Europe/Berlin:\n"
        "  task 1 call the dentist: tomorrow, Tue 3 Mar 2026, 09:00\n"
        "  task 1 call the dentist: tomorrow, Tue 3 Mar 2026, 13:30"
    )
    cancelled = await user.say("cancel the reminders of task 1")
    assert cancelled.tools == ["cancel_reminder", "cancel_reminder"]
    assert (await user.say("cancel the reminder of task 1")).reply == "There is no reminder to cancel."


async def test_a_reminder_of_an_unknown_task_offers_to_add_it(user: Talker) -> None:
    asked = await user.say("remind me about the dentist tomorrow at 9am")

    assert asked.actions == []
    assert asked.reply.startswith('I found no task that fits "the dentist". Shall I add')
    assert (await user.say("yes")).tools == ["add_task"]
    assert len((await user.task(1))["reminders"]) == 1


async def test_help_is_given(user: Talker) -> None:
    heard = await user.say("help")

    assert "remind me" in heard.reply
    assert heard.actions == []


@pytest.mark.parametrize(
    "message",
    [
        "what is the meaning of life?",
        "don't delete task 1",
        "asdf qwer?",
        "if it rains, complete everything",
        "DROP TABLE tasks; --",
        "\N{PILE OF POO}",
    ],
)
async def test_what_is_not_understood_gets_examples_and_does_nothing(
    service: ChatService, user: Talker, message: str
) -> None:
    await add(user, "buy milk")
    before = await service.published()

    heard = await user.say(message)

    assert heard.actions == []
    assert await service.published() == before


async def test_a_task_that_is_not_there_is_said_to_be_missing(user: Talker) -> None:
    assert (await user.say("complete task 42")).reply == "You have no task 42."
    assert (await user.say("complete task 9999999999")).actions == []
    assert (await user.say("complete the tax return")).reply.startswith("I found no task that fits")


async def test_words_that_fit_several_tasks_are_asked_about_and_the_answer_is_understood(user: Talker) -> None:
    await add(user, "buy bread", "buy butter")

    asked = await user.say("complete buy")
    assert asked.reply == "Which task do you mean?\n  1. buy bread\n  2. buy butter"
    assert asked.actions == []
    assert (await user.say("the second one")).reply == 'Done: task 2 "buy butter".'


async def test_deleting_several_tasks_asks_first(user: Talker) -> None:
    await add(user, "a bee #x", "a cat #x", "a dog")

    asked = await user.say("delete all tasks tagged x")
    assert asked.reply == "Shall I delete these 2 tasks?\n  1. a bee\n  2. a cat"
    assert asked.actions == []
    assert (await user.say("no")).reply == "All right, I left everything as it is."
    assert (await user.say("delete 1 and 2")).reply.startswith("Shall I delete these 2 tasks?")
    assert len(await user.tasks()) == 3
    assert (await user.say("yes please")).tools == ["delete_task", "delete_task"]
    assert [task["title"] for task in await user.tasks()] == ["a dog"]


async def test_a_question_is_forgotten_when_something_else_is_said(user: Talker) -> None:
    await add(user, "a bee", "a cat")
    await user.say("delete everything")

    await user.say("list")

    assert (await user.say("yes")).actions == []
    assert len(await user.tasks()) == 2


async def test_a_number_is_no_yes_to_a_bulk_deletion(user: Talker) -> None:
    await add(user, "a bee", "a cat")
    await user.say("delete everything")

    await user.say("1")

    assert len(await user.tasks()) == 2


async def test_it_means_the_task_spoken_of_last_and_the_first_one_that_of_the_list(user: Talker) -> None:
    await add(user, "buy milk", "pay rent tomorrow")
    await user.say("list")

    assert (await user.say("complete the first one")).reply.startswith('Done: task 2 "pay rent"')
    assert (await user.say("reopen it")).reply.startswith('Task 2 "pay rent" is open again.')


async def test_several_things_are_done_in_one_message(user: Talker) -> None:
    await add(user, "buy milk", "pay rent")

    heard = await user.say("complete 1 and rename 2 to pay the rent")

    assert heard.tools == ["complete_task", "update_task"]
    assert heard.reply == 'Done: task 1 "buy milk".\nTask 2 is now called "pay the rent".'
