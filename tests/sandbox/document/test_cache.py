"""The second start: great YAML texts are kept as JSON by their content, and checked when read."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from sandbox import Document
from sandbox.document.cache import SMALLEST, keep
from sandbox.document.cache import cached_tree as found

OPENAPI = "openapi: 3.0.0\ninfo: {title: t, version: '1'}\npaths:\n"
LINE = "  /{name}: {{get: {{responses: {{'200': {{description: done}}}}}}}}\n"


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of kept trees; nothing is in it yet."""
    monkeypatch.setenv("WAVETANK_CACHE", str(tmp_path / "kept"))
    return tmp_path / "kept"


def written(folder: Path, first: str = "p0", least: int = SMALLEST) -> Path:
    """A YAML document of at least so many bytes."""
    lines = [LINE.format(name=first)]
    while len(OPENAPI) + sum(map(len, lines)) < least:
        lines.append(LINE.format(name=f"p{len(lines)}"))
    place = folder / f"{first}.yaml"
    place.write_text(OPENAPI + "".join(lines))
    return place


def test_a_second_start_reads_what_was_kept(kept: Path, tmp_path: Path) -> None:
    place = written(tmp_path)
    first = Document.load(place)
    (entry,) = kept.iterdir()
    moment = entry.stat().st_ino
    second = Document.load(place)
    assert (second.tree, second.sha256) == (first.tree, first.sha256)
    assert [each.stat().st_ino for each in kept.iterdir()] == [moment]


def test_what_changed_is_read_anew(kept: Path, tmp_path: Path) -> None:
    Document.load(written(tmp_path))
    changed = Document.load(written(tmp_path, "other"))
    assert "/other" in changed.tree["paths"]
    assert len(list(kept.iterdir())) == 2


@pytest.mark.parametrize("damage", [b"", b"{}", b"a\nb\n{}"], ids=["empty", "bare", "forged"])
def test_a_damaged_entry_is_made_again(kept: Path, tmp_path: Path, damage: bytes) -> None:
    place = written(tmp_path)
    first = Document.load(place)
    (entry,) = kept.iterdir()
    whole = entry.read_bytes()
    entry.write_bytes(damage)
    assert Document.load(place).tree == first.tree
    assert entry.read_bytes() == whole


def test_a_flipped_byte_is_noticed(kept: Path, tmp_path: Path) -> None:
    place = written(tmp_path)
    Document.load(place)
    (entry,) = kept.iterdir()
    entry.write_bytes(entry.read_bytes().replace(b"done", b"gone", 1))
    assert Document.load(place).operations["get_p0"].replies["200"].description == "done"


def test_little_and_json_documents_are_not_kept(kept: Path, tmp_path: Path) -> None:
    Document.load(written(tmp_path, least=0))
    text = Document.load(written(tmp_path, "big", SMALLEST)).tree
    (entry,) = kept.iterdir()
    (tmp_path / "d.json").write_bytes(entry.read_bytes().split(b"\n", 2)[2])
    assert Document.load(tmp_path / "d.json").tree == text
    assert list(kept.iterdir()) == [entry]


def test_keeping_can_be_switched_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kept: Path
) -> None:
    monkeypatch.setenv("WAVETANK_CACHE", "off")
    Document.load(written(tmp_path))
    assert not kept.exists()


def test_a_folder_that_cannot_be_made_does_no_harm(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("WAVETANK_CACHE", str(tmp_path / "file" / "kept"))
    assert Document.load(written(tmp_path)).operations


def test_those_used_longest_ago_go_first(kept: Path) -> None:
    texts = [bytes([letter]) * SMALLEST for letter in b"abc"]
    for moment, text in enumerate(texts):
        keep(text, b'"%b"' % text, most=int(2.5 * SMALLEST))
        for entry in kept.iterdir():
            os.utime(entry, (moment, moment))
        found(texts[0])
    assert [found(text) is not None for text in texts] == [True, False, True]


def test_other_files_are_read_each_time(kept: Path, tmp_path: Path) -> None:
    place = written(tmp_path)
    place.write_text(place.read_text() + "  /shared: {$ref: 'more.yaml'}\n")
    for summary in ("before", "after"):
        (tmp_path / "more.yaml").write_text(
            f"get: {{summary: {summary}, responses: {{'200': {{description: d}}}}}}"
        )
        assert Document.load(place).operations["get_shared"].summary == summary
