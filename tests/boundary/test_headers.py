"""What a DICOM header names is known before anything is released for its case."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from bedside.boundary import Boundary, Draft, HeaderReader, Heading, Identifier, Narrative, Refusal, RefusalReason
from bedside.boundary.drafts import Coded
from bedside.boundary.vocabulary import Vocabulary
from bedside.persistence import Document, ImageFile, MemoryCaseStore, SqliteCaseStore, StoreKey
from bedside.records import CaseId
from bedside.tools.imaging import header_words
from tests.imaging.synthetic import dicom

VOCABULARY = Vocabulary(
    ["chest pain"], words=["text", "present", "seen", "by", "quill", "zebulon", "chest", "patient", "lump"]
)
"""Words that would pass the second check: only the vault's knowledge stands between them and the wire."""


class Blind:
    """A detector that finds nothing."""

    name = "blind"

    def detect(self, text: str) -> Sequence[object]:
        return []


def bench(headers: Sequence[HeaderReader] | None, *images: bytes) -> tuple[Boundary, MemoryCaseStore, CaseId]:
    cases = MemoryCaseStore()
    files = [ImageFile(f"image {number}", data) for number, data in enumerate(images)]
    case = cases.open([Document("note", "chest pain"), *files])
    return Boundary(cases, [Blind()], VOCABULARY, headers=headers), cases, case  # type: ignore[list-item]


def saying(text: str) -> Draft:
    return Draft(template="test/ask", slots=(Narrative(text=text),))


CODED = Draft(template="test/ask", slots=(Coded(heading=Heading.PRESENT, display="chest pain"),))


@pytest.mark.parametrize("text", ["seen by quill", "seen by Zebulon Quill", "text MRN48213", "quill zebulon seen"])
def test_a_name_of_a_dicom_header_does_not_leave(text: str) -> None:
    boundary, cases, case = bench([header_words], dicom())
    released = boundary.release(saying(text), case, "consult:none")
    shown = "" if isinstance(released, Refusal) else released.text
    assert "quill" not in shown.casefold()
    assert "48213" not in shown
    assert cases.vault(case).known["Quill Zebulon"] is Identifier.PERSON
    # The proof that the test can fail: without the header the same words leave.
    unaware, _, plain = bench([header_words])
    if "MRN" not in text:
        assert not isinstance(unaware.release(saying(text), plain, "consult:none"), Refusal)


def test_the_guard_on_the_wire_knows_the_header() -> None:
    boundary, _, case = bench([header_words], dicom())
    assert boundary.learned(case).knows_headers
    assert boundary.holds_known_value(case, "seen by quill", narrative=True)
    assert boundary.holds_known_value(case, "mrn 48-213", narrative=True)


def test_what_a_private_tag_says_in_plain_words_forbids_nothing() -> None:
    def setting(name: str, data: bytes) -> object:
        words = header_words(name, data)
        return type(words)(
            {**words.identifiers, "CHEST": Identifier.UNKNOWN_WORD, "Xylo7": Identifier.UNKNOWN_WORD}
        )

    boundary, cases, case = bench([setting], dicom())  # type: ignore[list-item]
    assert not isinstance(boundary.release(CODED, case, "consult:none"), Refusal)
    assert "CHEST" not in cases.vault(case).known
    assert "Xylo7" in cases.vault(case).known


@pytest.mark.parametrize("reader", ["none", "failing"])
def test_with_an_unread_header_nothing_is_released(reader: str) -> None:
    def failing(name: str, data: bytes) -> object:
        raise ValueError("Zebulon Quill cannot be decoded")

    boundary, _, case = bench([] if reader == "none" else [failing], dicom())  # type: ignore[list-item]
    released = boundary.release(CODED, case, "consult:none")
    assert isinstance(released, Refusal)
    assert released.reason is RefusalReason.DETECTOR_FAILED
    assert "Quill" not in str(released)
    without, _, plain = bench([])
    assert not isinstance(without.release(CODED, plain, "consult:none"), Refusal)


def test_free_words_of_a_header_are_read_by_the_detectors() -> None:
    class Lump(Blind):
        def detect(self, text: str) -> Sequence[object]:
            from bedside.boundary import Detection

            at = text.find("Quimby")
            return [Detection(at, at + 6, Identifier.PERSON, 1.0, "lump", "test")] if at >= 0 else []

    cases = MemoryCaseStore()
    case = cases.open([ImageFile("image", dicom(StudyDescription="Chest, asked for by Quimby"))])
    boundary = Boundary(cases, [Lump()], VOCABULARY, headers=[header_words])  # type: ignore[list-item]
    assert boundary.learned(case).known["Quimby"] is Identifier.PERSON


def test_headers_are_read_once_and_kept(tmp_path: Path) -> None:
    seen: list[str] = []

    def counting(name: str, data: bytes) -> object:
        seen.append(name)
        return header_words(name, data)

    key = StoreKey.random()
    with SqliteCaseStore(tmp_path / "cases.db", key) as cases:
        case = cases.open([ImageFile("image", dicom())])
        boundary = Boundary(cases, [Blind()], VOCABULARY, headers=[counting])  # type: ignore[list-item]
        for _ in range(2):
            boundary.release(CODED, case, "consult:none")
    with SqliteCaseStore(tmp_path / "cases.db", key) as cases:
        boundary = Boundary(cases, [Blind()], VOCABULARY, headers=[counting])  # type: ignore[list-item]
        assert boundary.holds_known_value(case, "seen by quill", narrative=True)
        boundary.release(CODED, case, "consult:none")
    assert seen == ["image"]


def test_the_installed_reader_is_named_in_the_package() -> None:
    text = (Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8")
    assert '[project.entry-points."bedside.headers"]\nimaging = "bedside.tools.imaging:header_words"' in text
