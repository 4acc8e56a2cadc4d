"""The last line of `make test` counts every test once, and lets none pass that did not."""

from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.junit import Count, count


def report(folder: Path, name: str, cases: str) -> Path:
    path = folder / name
    path.write_text(f'<testsuites><testsuite name="pytest">{cases}</testsuite></testsuites>', "utf-8")
    return path


def test_the_tests_of_all_reports_are_counted(tmp_path: Path) -> None:
    first = report(tmp_path, "first.xml", '<testcase name="a"/><testcase name="b"/>')
    second = report(tmp_path, "second.xml", '<testcase name="a"/><testcase name="c"><failure/></testcase>')
    assert str(count([first, second])) == "3 passed, 1 failed"


@pytest.mark.parametrize("outcome", ["failure", "error", "skipped"])
def test_what_did_not_pass_has_failed(tmp_path: Path, outcome: str) -> None:
    assert count([report(tmp_path, "one.xml", f'<testcase name="a"><{outcome}/></testcase>')]) == Count(0, 1)


def test_a_test_that_failed_and_then_broke_at_its_end_is_counted_once(tmp_path: Path) -> None:
    assert count([report(tmp_path, "one.xml", '<testcase name="a"><failure/><error/></testcase>')]) == Count(0, 1)


def test_a_report_that_is_cut_short_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "one.xml"
    path.write_text('<testsuites><testcase name="a"/>', "utf-8")
    with pytest.raises(ElementTree.ParseError):
        count([path])
