"""A line of text for what a message means, so that a corpus is two columns of text.

``add <title> [due DATE [TIME]] [repeat RULE [after completion]] [!priority] [#tag …] [remind TIME | Nm before …]``;
commands are a verb and a task: its number, ``<words>`` or ``every(filter)``. Several intents stand around `` ; ``.
A question is ``ask [message | message]`` or ``ask {template}``; what was not understood is ``?``.
"""

import datetime as dt

from chat_api.assistant.understanding import intents as i


def notation(meaning: i.Understanding) -> str:
    match meaning:
        case i.Understood(intents):
            return " ; ".join(_intent(intent) for intent in intents)
        case i.Ambiguous(question) if question.options:
            return f"ask [{' | '.join(option.message for option in question.options)}]"
        case i.Ambiguous(question):
            return f"ask {question.template}" if question.template else "ask"
        case i.NotUnderstood():
            return "?"


def _intent(intent: i.Intent) -> str:
    match intent:
        case i.AddTask():
            return _added(intent)
        case i.ListTasks(wanted):
            return f"list {_filter(wanted)}".rstrip()
        case i.ShowTask(target):
            return f"show {_target(target)}"
        case i.CompleteTask(target):
            return f"complete {_target(target)}"
        case i.SkipTask(target):
            return f"skip {_target(target)}"
        case i.ReopenTask(target):
            return f"reopen {_target(target)}"
        case i.DeleteTask(target):
            return f"delete {_target(target)}"
        case i.RenameTask(target, title):
            return f"rename {_target(target)} <{title}>"
        case i.RescheduleTask(target, due):
            return f"move {_target(target)} {_change(due)}"
        case i.SetPriority(target, priority):
            return f"priority {_target(target)} {priority}"
        case i.AddTags(target, tags):
            return f"tag {_target(target)} {_tags(tags)}"
        case i.RemoveTags(target, tags):
            return f"untag {_target(target)} {_tags(tags)}"
        case i.SetRecurrence(target, recurrence, first, first_was_said):
            start = "starting" if first_was_said else "from"
            return f"repeat {_target(target)} {_repeat(recurrence)} {start} {_when(first)}"
        case i.StopRecurrence(target):
            return f"norepeat {_target(target)}"
        case i.AddReminder(target, when):
            return f"remind {_target(target)} {_reminder(when, at='at ')}"
        case i.CancelReminder(target):
            return f"unremind {_target(target) if target else 'all'}"
        case i.ListReminders(target):
            return f"reminders {_target(target)}" if target else "reminders"
        case i.Help() | i.Greeting() | i.Thanks() | i.Declined():
            return type(intent).__name__.lower()


def _added(task: i.AddTask) -> str:
    parts = [f"add <{task.title}>"]
    if task.notes:
        parts.append(f"notes <{task.notes}>")
    if task.due:
        parts.append(f"due {_when(task.due)}")
    if task.recurrence:
        parts.append(f"repeat {_repeat(task.recurrence)}")
    if task.priority != "normal":
        parts.append(f"!{task.priority}")
    if task.tags:
        parts.append(_tags(task.tags))
    parts += [f"remind {_reminder(reminder)}" for reminder in task.reminders]
    return " ".join(parts)


def _target(target: i.BulkTarget) -> str:
    match target:
        case i.ByNumber(number):
            return str(number)
        case i.ByTitle(title):
            return f"<{title}>"
        case i.Every(wanted):
            return f"every({_filter(wanted)})"


def _filter(wanted: i.Filter) -> str:
    parts: list[str] = [] if wanted.status == "open" else [wanted.status]
    parts += [f"#{tag}" for tag in wanted.tags]
    parts += [f"from {wanted.due_from}"] if wanted.due_from else []
    parts += [f"before {wanted.due_before}"] if wanted.due_before else []
    parts += [f"text <{wanted.text}>"] if wanted.text else []
    parts += ["overdue"] if wanted.overdue else []
    parts += [f"!{wanted.priority}"] if wanted.priority else []
    return " ".join(parts)


def _change(due: i.When | i.TimeOnly | i.Shift | None) -> str:
    match due:
        case None:
            return "none"
        case i.When():
            return _when(due)
        case i.TimeOnly(time):
            return f"at {time:%H:%M}"
        case i.Shift(months, days, seconds):
            units = ((months, "mo"), (days, "d"), (seconds, "s"))
            return "by " + " ".join(f"{number}{unit}" for number, unit in units if number)


def _when(when: i.When) -> str:
    return f"{when.date} {when.time:%H:%M}" if when.time else str(when.date)


def _repeat(repeat: i.Repeat) -> str:
    return repeat.rule if repeat.basis == "due" else f"{repeat.rule} after completion"


def _reminder(when: i.ReminderTime, at: str = "") -> str:
    match when:
        case i.RemindAt(moment):
            return f"{at}{moment:%Y-%m-%d %H:%M}"
        case i.RemindBefore(before):
            return f"{before // dt.timedelta(minutes=1)}m before"


def _tags(tags: tuple[str, ...]) -> str:
    return " ".join(f"#{tag}" for tag in tags)
