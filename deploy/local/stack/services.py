"""The services, their sidecars and the worker: commands and environments."""

import shlex
from collections.abc import Mapping
from pathlib import Path

from stack.credentials import Secrets
from stack.layout import CHAT_API, NOTIFICATION, SERVICES, WORKER, Service
from stack.postgres import Postgres
from stack.program import Program
from stack.settings import Settings

_PASSED_ON = ("OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_MODEL", "MCP_ALLOWED_HOSTS")
_SHUTDOWN_SECONDS = 25  # a service's own deadline is 20


def service_command(settings: Settings, service: Service, *arguments: str) -> list[str]:
    """How to run a command (``serve``, ``worker``, ``migrate``, …) of a service."""
    words = shlex.split(settings.service_command.format(package=service.package))
    program = settings.root / words[0]  # an absolute path stays as it is
    return [str(program) if program.exists() else words[0], *words[1:], *arguments]


def service_environment(
    settings: Settings, secrets: Secrets, postgres: Postgres, service: Service, port: str
) -> dict[str, str]:
    """The environment of a process of a service, as it is in production: nothing comes from the user's shell but
    what names a model.
    """
    environment = {
        "HOST": "127.0.0.1",
        "PORT": str(settings.ports[port]),
        "DAPR_HTTP_PORT": str(settings.ports[f"{service.sidecar}-http"]),
        "DAPR_GRPC_PORT": str(settings.ports[f"{service.sidecar}-grpc"]),
        "APP_API_TOKEN": secrets.app_api_token,
        "DATABASE_URL": postgres.service_url(service.package),
        "PUBLIC_URL": settings.url(CHAT_API.app_id),
        "LOG_FORMAT": "json",
        "TZ": "UTC",
        "PEX_ROOT": str(settings.cache / "pex"),
    }
    if service is CHAT_API:
        environment["SESSION_SECRET"] = secrets.session_secret
        environment |= _picked(settings.host_environment)
    if service is NOTIFICATION:
        environment |= {
            "REDIS_URL": f"redis://{settings.address('redis')}/0",
            "SMTP_HOST": "127.0.0.1",
            "SMTP_PORT": str(settings.ports["smtp"]),
            "SMTP_SECURITY": "none",
            "MAIL_FROM": "Tickler <tickler@localhost>",
        }
    if not settings.packaged:
        environment["PYTHONPATH"] = str(settings.root / "src/python")
    return environment | dict(settings.service_environment)


def service_programs(
    settings: Settings, secrets: Secrets, postgres: Postgres, fingerprints: Mapping[str, str]
) -> list[Program]:
    """The services and the worker. A changed fingerprint of its sources makes a program a changed one."""

    def program(name: str, service: Service, command: str, ready: str) -> Program:
        environment = service_environment(settings, secrets, postgres, service, name)
        environment["TICKLER_BUILD"] = fingerprints[service.package]
        return Program(
            name,
            service_command(settings, service, command),
            environment,
            stop_seconds=_SHUTDOWN_SECONDS,
            ready=ready,
        )

    served = [
        program(service.app_id, service, "serve", f"{settings.url(service.app_id)}/health/ready")
        for service in SERVICES
    ]
    return [*served, program(WORKER, NOTIFICATION, "worker", "")]


def sidecar_program(settings: Settings, secrets: Secrets, service: Service, daprd: Path) -> Program:
    """The Dapr sidecar of a service. It need not wait for the service on shutdown: that is stopped before it."""

    def port(name: str) -> str:
        return str(settings.ports[f"{service.sidecar}-{name}"])

    definitions = settings.root / "deploy/dapr"
    return Program(
        service.sidecar,
        [
            str(daprd),
            *("--app-id", service.app_id, "--app-port", str(settings.ports[service.app_id])),
            *("--dapr-http-port", port("http"), "--dapr-grpc-port", port("grpc")),
            *("--dapr-internal-grpc-port", port("internal"), "--metrics-port", port("metrics")),
            *("--dapr-listen-addresses", "127.0.0.1", "--dapr-internal-grpc-listen-address", "127.0.0.1"),
            *("--metrics-listen-address", "127.0.0.1"),
            *("--resources-path", str(definitions / "resources")),
            *("--config", str(definitions / "configuration.yaml")),
            "--enable-app-health-check",
            *("--app-health-check-path", "/health/events"),
            *("--app-health-probe-interval", "1", "--app-health-probe-timeout", "900", "--app-health-threshold", "2"),
            *("--max-body-size", "16Mi"),
            "--log-as-json",
        ],
        {
            "APP_API_TOKEN": secrets.app_api_token,
            "KAFKA_BROKERS": settings.address("kafka"),
            "KAFKA_AUTH_TYPE": "none",
        },
        ready=f"http://127.0.0.1:{port('http')}/v1.0/healthz",
    )


def _picked(environment: Mapping[str, str]) -> dict[str, str]:
    return {name: environment[name] for name in _PASSED_ON if environment.get(name)}
