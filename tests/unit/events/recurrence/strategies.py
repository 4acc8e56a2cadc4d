"""Rules for property tests."""

import datetime as dt

from hypothesis import strategies as st

from events.recurrence import Rule, RuleError

WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
START_DATES = st.dates(dt.date(1995, 1, 1), dt.date(2035, 12, 31))


def _joined(items: st.SearchStrategy[object]) -> st.SearchStrategy[str]:
    return st.lists(items, min_size=1, max_size=3, unique=True).map(lambda values: ",".join(map(str, values)))


@st.composite
def rule_texts(draw: st.DrawFn) -> str:
    """Texts of well-formed rules; some of them can never occur."""
    frequency = draw(st.sampled_from(("DAILY", "WEEKLY", "MONTHLY", "YEARLY")))
    parts = [f"FREQ={frequency}", f"INTERVAL={draw(st.sampled_from((1, 1, 1, 2, 3, 4, 7, 13)))}"]
    in_months = draw(st.booleans())
    if in_months:
        parts.append(f"BYMONTH={draw(_joined(st.integers(1, 12)))}")
    if frequency != "WEEKLY" and draw(st.booleans()):
        parts.append(f"BYMONTHDAY={draw(_joined(st.integers(-31, 31).filter(bool)))}")
    if draw(st.booleans()):
        weekdays = st.sampled_from(WEEKDAYS)
        if frequency in ("MONTHLY", "YEARLY") and draw(st.booleans()):
            most = 53 if frequency == "YEARLY" and not in_months else 5
            ordinals = st.integers(-most, most).filter(bool)
            parts.append(f"BYDAY={draw(_joined(st.tuples(ordinals, weekdays).map(lambda day: f'{day[0]}{day[1]}')))}")
        else:
            parts.append(f"BYDAY={draw(_joined(weekdays))}")
    return ";".join(parts)


def _parsed(text: str) -> Rule | None:
    try:
        return Rule.parse(text)
    except RuleError:
        return None


@st.composite
def rules(draw: st.DrawFn) -> Rule:
    """Rules that can occur, with or without SKIP and an end."""
    skip = draw(st.sampled_from(("", ";SKIP=BACKWARD")))
    end = draw(
        st.one_of(
            st.just(""),
            st.integers(1, 40).map(lambda count: f";COUNT={count}"),
            st.dates(dt.date(1995, 1, 1), dt.date(2060, 1, 1)).map(lambda date: f";UNTIL={date:%Y%m%d}"),
        )
    )
    found = draw(rule_texts().map(lambda text: _parsed(text + skip + end)).filter(lambda rule: rule is not None))
    assert found is not None
    return found
