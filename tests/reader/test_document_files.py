"""Messages, documents and tables as files: what a reader finds in each. All are synthetic."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bedside.agents.reader import read_note
from bedside.agents.reader.document.markup import without_markup
from bedside.boundary import Boundary, Style, Vocabulary, deidentify
from bedside.boundary.detectors import PresidioDetector
from bedside.errors import InputError
from bedside.persistence import MemoryCaseStore, NotOpened, Opened, installed_openers
from bedside.records import Fact
from bedside.session.notes import Note, Unreadable, read_notes

CASES = [json.loads(line) for line in (Path(__file__).parent / "document_files.jsonl").read_text().splitlines()]


class Got:
    """What came of a file."""

    def __init__(self, path: Path, *, hidden: bool) -> None:
        found = list(read_notes([str(path)]))
        self.notes = [one for one in found if isinstance(one, Note)]
        self.said = " ".join(one.message for one in found if isinstance(one, Unreadable)).lower()
        texts = [document for note in self.notes for document in note.documents]
        self.facts: list[Fact] = [
            fact for one in texts for fact in read_note(one.id, without_markup(one.text)).facts
        ]
        self.hidden = "".join(map(self._hidden, self.notes)) if hidden else ""

    def _hidden(self, note: Note) -> str:
        cases = MemoryCaseStore()
        boundary = Boundary(cases, [PresidioDetector()], Vocabulary.installed())
        case = cases.open(note.documents)
        return "".join(deidentify(boundary, case, one.text, Style.PLACEHOLDERS).text for one in note.documents)

    def holds(self, check: str) -> bool:
        if " OR " in check:
            return any(map(self.holds, check.split(" OR ")))
        if " AND " in check:
            return all(map(self.holds, check.split(" AND ")))
        if check.startswith("!"):
            return not self.holds(check[1:])
        word, _, rest = check.partition(" ")
        if word in ("value", "unit"):
            name, _, value = rest.rpartition("=")
            return any(name in one.display.lower() and self._of(one, word) == value for one in self.facts)
        if word == "med":
            name, _, status = rest.partition("|status=")
            return any(
                name in one.display.lower() and one.medication is not None and one.medication.status == status
                for one in self.facts
            )
        if word == "fact":
            kind, name, *how = rest.split("|")
            return any(
                kind in ("*", one.kind.value)
                and name.lower() in one.display.lower()
                and (not how or one.assertion.value == how[0])
                for one in self.facts
            )
        simple = {
            "refused": not self.notes and bool(self.said),
            "says": rest.lower() in self.said,
            "hides": bool(self.hidden) and rest not in self.hidden,
            "keeps": rest in self.hidden,
        }
        return len(self.notes) >= int(word[7:]) if word.startswith("cases>=") else simple[word]

    @staticmethod
    def _of(fact: Fact, what: str) -> str:
        if fact.quantity is None:
            return ""
        return str(fact.quantity.value if what == "value" else fact.quantity.unit)


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_files_of_each_kind_are_opened_or_refused(case: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / case["file"]
    path.write_text(case["input"], encoding="utf-8", newline="")
    got = Got(path, hidden=case.get("deid", False))
    assert [check for check in case["check"] if not got.holds(check)] == [], [one.text for one in got.notes]


def test_a_segment_is_no_disease_whatever_its_name(tmp_path: Path) -> None:
    # In 143 of 143 messages PID was read as pelvic inflammatory disease.
    text = "MSH|^~\\&|A|B|C|D|2025||ADT^A01|1|P|2.5\rPID|1||5^^^X^MR||ROE^JO||19800101|F\r"
    (tmp_path / "a.hl7").write_text(text)
    assert Got(tmp_path / "a.hl7", hidden=False).facts == []


def test_each_bad_file_is_named_and_the_others_go_on(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"resourceType": "Patient"')
    (tmp_path / "b.rtf").write_bytes(b"{\\rtf1 broken {")
    (tmp_path / "c.xml").write_text("<?xml version='1.0'?><ClinicalDocument><component>")
    (tmp_path / "d.txt").write_text("62-year-old man, cough.")
    (tmp_path / "e.hl7").write_text("MSH")
    (tmp_path / "n.bundle.json").write_text("{}")  # what a run writes is no note of the next one
    found = list(read_notes([str(tmp_path)]))
    assert [one.id for one in found if isinstance(one, Note)] == ["d"]
    assert {one.id for one in found if isinstance(one, Unreadable)} >= {"a", "b", "c"}
    for one in found:
        if isinstance(one, Unreadable):
            assert str(tmp_path) in one.message


def test_an_entity_that_draws_in_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("SECRET WORD")
    text = (
        f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file://{tmp_path}/secret">]>'
        '<ClinicalDocument xmlns="urn:hl7-org:v3"><component><structuredBody><component><section><title>A</title>'
        "<text>&e;</text></section></component></structuredBody></component></ClinicalDocument>"
    )
    (tmp_path / "a.xml").write_text(text)
    (one,) = read_notes([str(tmp_path / "a.xml")])
    assert isinstance(one, Unreadable)
    assert "DOCTYPE" in one.message
    assert "SECRET" not in one.message


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(
        [b"MSH|^~\\&|", b"PID|", b"{\\rtf1 ", b"<?xml version='1.0'?><ClinicalDocument>", b"<html", b"[{", b'{"a":']
    ),
    st.binary(max_size=120),
    st.sampled_from(["", ".hl7", ".xml", ".json", ".csv", ".html", ".rtf"]),
)
def test_no_bytes_make_an_opener_fail_otherwise_than_told(start: bytes, rest: bytes, suffix: str) -> None:
    data = start + rest
    for opener in installed_openers():
        if opener.recognises(data, suffix):
            try:
                found = list(opener.open_file(data, suffix))
            except InputError:
                continue
            assert all(isinstance(one, Opened | NotOpened) for one in found)
