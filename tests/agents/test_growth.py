"""Work grows in line with a note: a ratio of two measurements of one run, never seconds. Synthetic text."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bedside.agents.reader import read_note
from bedside.agents.scribe.bundle import DeviceInfo, write_bundle
from bedside.agents.scribe.provenance import FromImages
from bedside.records import ClinicalRecord, Evidence, PageRegion, Transcribed
from tests.growth import grows_in_line


@pytest.mark.parametrize(
    "part",
    ["A", "AB ", "A-", "A'", "Aa ", "Aa Bb is a ", "Mr ", "Name: A", "aged ", "5 y ", "weeks pregnant ", "she "],
    ids=repr,
)
def test_who_the_patient_is_is_read_in_time(part: str) -> None:
    text = part * (20_000 // len(part))
    assert grows_in_line(lambda text: read_note("note", text), text)


def test_a_bundle_is_written_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each fact looks neither at all that was written nor at the whole note. Validation is measured elsewhere."""
    monkeypatch.setattr("bedside.agents.scribe.bundle._invalid", lambda bundle, guide: {})
    whole = "Chest pain. " * 320
    (pain,) = read_note("note", "Chest pain.").facts
    known = [
        pain.model_copy(update={"id": f"fact-{at}", "evidence": Evidence(document="note", start=at, end=at + 10)})
        for at in range(0, len(whole), 12)
    ]

    def work(text: str) -> object:
        facts = tuple(fact for fact in known if fact.evidence.end <= len(text))
        # A note that is long beside its facts, as notes are.
        documents = {"note": text + " " * (len(text) * 600)}
        record = ClinicalRecord(documents=("note",), facts=facts)
        return write_bundle(
            record,
            None,
            documents,
            case="case-1",
            recorded=datetime(2026, 1, 1, tzinfo=UTC),
            device=DeviceInfo("test", "0"),
        )

    assert grows_in_line(work, whole)


def test_passages_from_images_are_found_by_their_characters() -> None:
    def passage(start: int, end: int, document: str = "page") -> Transcribed:
        region = PageRegion(document="image", page=1)
        return Transcribed(text=Evidence(document=document, start=start, end=end), source=region, by_model=False)

    held = [passage(0, 4), passage(4, 9), passage(2, 30), passage(40, 44), passage(0, 99, "other")]
    found = FromImages(held)
    for start in range(0, 46):
        for end in (start + 1, start + 7):
            span = Evidence(document="page", start=start, end=end)
            slow = {
                one.text.start
                for one in held
                if one.text.document == "page" and one.text.start < end and start < one.text.end
            }
            assert {one.text.start for one in found.at(span)} == slow
    assert FromImages([]).at(Evidence(document="page", start=0, end=5)) == []
