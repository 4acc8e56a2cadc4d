"""Alembic executes this file for every command; the work is in `events.migrations.environment`."""

from alembic import context

from events.migrations.environment import run_in_context

run_in_context(context)
