"""The script that walls the services' schemas off."""

import pytest

from stack.layout import SERVICES, Service
from stack.postgres import roles_sql

SCRIPT = roles_sql({service.package: f"secret-{service.package}" for service in SERVICES})


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.package)
def test_each_role_owns_a_schema_of_its_name_and_looks_nowhere_else(service: Service) -> None:
    role = service.package
    assert f"CREATE SCHEMA IF NOT EXISTS {role} AUTHORIZATION {role};" in SCRIPT
    assert f"ALTER ROLE {role} SET search_path = {role};" in SCRIPT
    assert f"PASSWORD 'secret-{role}'" in SCRIPT


def test_the_public_role_has_no_rights() -> None:
    assert "REVOKE ALL ON DATABASE tickler FROM PUBLIC;" in SCRIPT
    assert "REVOKE ALL ON SCHEMA public FROM PUBLIC;" in SCRIPT


def test_every_service_leaves_the_others_connections() -> None:
    assert sum(service.connections for service in SERVICES) < 200, "max_connections of the server"
    assert SCRIPT.count("CONNECTION LIMIT") == len(SERVICES)
