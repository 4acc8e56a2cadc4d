"""The table of requirements tells the truth about the specification and about the tests."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.requirements import NOT_YET_PROVEN, REQUIREMENTS

ROOT = Path(__file__).parents[2]
SPECIFICATION = ROOT / "docs" / "specification" / "microservices-architecture.md"


def linked() -> dict[str, list[str]]:
    """The ids that tests claim to prove, each with the tests that do."""
    found: dict[str, list[str]] = {}
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for function in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)) and function.name.startswith("test_"):
                for requirement in _claims(function):
                    found.setdefault(requirement, []).append(f"{path.relative_to(ROOT)}::{function.name}")
    return found


def _claims(function: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[str]:
    for decorator in function.decorator_list:
        if isinstance(decorator, ast.Call) and ast.unparse(decorator.func) == "pytest.mark.proves":
            for argument in decorator.args:
                yield ast.literal_eval(argument)


def ids_in_the_specification() -> set[str]:
    """FR and SC as written; a user story's scenarios by their numbers."""
    ids: set[str] = set()
    story = ""
    for line in SPECIFICATION.read_text("utf-8").splitlines():
        if match := re.match(r"### User Story (\d+)", line):
            story = match[1]
        elif match := re.match(r"(\d+)\. \*\*Given\*\*", line):
            ids.add(f"US{story}.{match[1]}")
        elif match := re.match(r"- \*\*((?:FR|SC)-\d+)\*\*", line):
            ids.add(match[1])
    return ids


def edge_cases_in_the_specification() -> int:
    section = SPECIFICATION.read_text("utf-8").split("### Edge Cases")[1].split("\n## ")[0]
    return len(re.findall(r"^- ", section, re.MULTILINE))


def test_every_requirement_of_the_specification_is_in_the_table() -> None:
    table = set(REQUIREMENTS)
    edges = {requirement for requirement in table if requirement.startswith("EDGE-")}
    assert table - edges == ids_in_the_specification()
    assert len(edges) == edge_cases_in_the_specification()


def test_every_link_names_a_requirement_of_the_table() -> None:
    assert set(linked()) <= set(REQUIREMENTS)


def test_every_requirement_is_proven_by_a_test_or_marked_as_not_yet_proven() -> None:
    without_test = set(REQUIREMENTS) - set(linked())
    assert without_test == set(NOT_YET_PROVEN)
