"""The services share contracts and a library, and nothing that lives in memory or in a cache."""

import ast
from pathlib import Path

import pytest

SOURCES = Path(__file__).parents[2] / "src" / "python"
SERVICES = ("chat_api", "notification", "recurring")


def modules_imported_by(package: str) -> set[str]:
    """Top-level names of all that the modules of `package` import."""
    names: set[str] = set()
    for path in (SOURCES / package).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                names |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names.add(node.module.split(".")[0])
    return names


@pytest.mark.proves("FR-007", "FR-008")
@pytest.mark.parametrize("service", SERVICES)
def test_a_service_imports_no_other_service(service: str) -> None:
    assert "events" in modules_imported_by(service)
    assert not modules_imported_by(service) & (set(SERVICES) - {service})


@pytest.mark.proves("FR-008")
@pytest.mark.parametrize("package", ["events", "chat_api", "recurring"])
def test_redis_belongs_to_notification_alone(package: str) -> None:
    assert {"redis", "arq"} <= modules_imported_by("notification")
    assert not modules_imported_by(package) & {"redis", "arq"}
