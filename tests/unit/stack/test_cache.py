"""Immutable things, there whole or not at all."""

from pathlib import Path

import pytest

from stack.cache import Cache, fingerprint
from stack.commands import Commands


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(tmp_path, Commands())


class Writer:
    """Makes an entry with one file, and counts how often it was asked to."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.calls = 0

    def __call__(self, folder: Path) -> None:
        self.calls += 1
        (folder / "file").write_text(self.text)


def test_the_same_inputs_are_made_once(cache: Cache) -> None:
    make = Writer("one")
    first = cache.get("thing", ["input"], make)
    assert cache.get("thing", ["input"], make) == first
    assert make.calls == 1
    assert (first / "file").read_text() == "one"


def test_other_inputs_are_another_entry_beside_the_first(cache: Cache) -> None:
    first = cache.get("thing", ["one"], Writer("one"))
    second = cache.get("thing", ["two"], Writer("two"))
    assert (first / "file").read_text() == "one"
    assert (second / "file").read_text() == "two"


def test_what_could_not_be_made_is_not_there_and_leaves_nothing(cache: Cache, tmp_path: Path) -> None:
    def fail(folder: Path) -> None:
        (folder / "half").write_text("half")
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        cache.get("thing", ["input"], fail)
    assert cache.find("thing", ["input"]) is None
    assert [path.name for path in tmp_path.iterdir() if path.is_dir()] == []


def test_what_a_killed_process_left_is_removed(cache: Cache, tmp_path: Path) -> None:
    (tmp_path / ".thing-left").mkdir()
    cache.get("thing", ["input"], Writer("one"))
    assert not (tmp_path / ".thing-left").exists()


def test_a_fingerprint_tells_where_one_part_ends() -> None:
    assert fingerprint(["ab", "c"]) != fingerprint(["a", "bc"])
    assert fingerprint(["ab", b"c"]) == fingerprint([b"ab", "c"])
