"""Fixtures that tests of every kind may use."""

pytest_plugins = ["tests.support.databases"]
