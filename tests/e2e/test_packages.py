"""What is packaged: a service whole, with nothing of the others'."""

import re
import subprocess
import zipfile
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SERVICES = ("chat_api", "notification", "recurring")
ONLY_FOR = {
    "argon2-cffi": {"chat_api"},
    "openai": {"chat_api"},
    "mcp": {"chat_api"},
    "arq": {"notification"},
    "redis": {"notification"},
    "aiosmtplib": {"notification"},
    "pytest": set(),
}


def package(service: str) -> Path:
    """The PEX of `service`: Pants puts it beside the test, plain pytest finds the last one packaged."""
    name = f"src.python.{service}/{service}.pex"
    return next((path for path in (ROOT / name, ROOT / "dist" / name) if path.exists()), ROOT / name)


@cache
def contents(service: str) -> tuple[str, ...]:
    with zipfile.ZipFile(package(service)) as archive:
        return tuple(archive.namelist())


def distributions(service: str) -> set[str]:
    wheels = {name.split("/")[1] for name in contents(service) if name.startswith(".deps/") and name.count("/") > 1}
    return {re.split(r"-\d", wheel)[0].replace("_", "-").lower() for wheel in wheels}


@pytest.mark.parametrize("distribution", ONLY_FOR)
def test_a_package_carries_only_what_its_service_imports(distribution: str) -> None:
    assert {service for service in SERVICES if distribution in distributions(service)} == ONLY_FOR[distribution]


@pytest.mark.parametrize("service", SERVICES)
def test_a_package_carries_its_service_with_version_and_migrations_and_no_other(service: str) -> None:
    top = {name.split("/")[0] for name in contents(service)}
    assert top & {*SERVICES, "events", "tests", "stack"} == {service, "events"}
    assert {f"{service}/VERSION", "events/migrations/env.py"} <= set(contents(service))
    assert any(name.startswith(f"{service}/migrations/versions/") for name in contents(service))


@pytest.mark.parametrize("service", SERVICES)
def test_a_package_runs_by_itself(service: str, tmp_path: Path) -> None:
    answer = subprocess.run(
        [package(service), "--help"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr
    assert {"serve", "migrate", "dead-letters"} <= set(answer.stdout.split())
