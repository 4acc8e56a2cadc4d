"""Fixtures that tests of every kind may use, and how Hypothesis runs."""

from hypothesis import settings

pytest_plugins = ["tests.support.databases"]

# The same examples in every run, so that a change is judged by itself; `--hypothesis-profile=default` finds others.
settings.register_profile("tickler", derandomize=True)
settings.load_profile("tickler")
