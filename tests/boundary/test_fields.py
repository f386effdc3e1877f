"""Guarantee: what identifies in the fields of a message is known before anything is released. All is synthetic."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from bedside.boundary import Boundary, Detection, Draft, Identifier, Narrative, Refusal, Vocabulary
from bedside.persistence import CaseStore, Document, MemoryCaseStore, SqliteCaseStore, StoreKey
from bedside.session.notes import Note, read_notes

MESSAGE = (
    "MSH|^~\\&|LIS|BRINDLEMERE INFIRMARY|||20250301||ORU^R01|1|P|2.5\r"
    "PID|1||8800123^^^X^MR||QUILLFEATHER^ZEBULON||19490212|M|||44 ELDERBERRY LN^^WEXCOMBE^MI^47356\r"
    "NK1|1|GORSEDALE^WINIFRED\rPV1|1|I|CP^201|||||7781^PIDGEON^PAM\r"
    "OBX|1|TX|N^Note||Chest pain since noon.\r"
)


class Blind:
    """Finds nothing: what is held back is held back by the vault."""

    name = "blind"

    def detect(self, text: str) -> list[Detection]:
        return []


@pytest.fixture
def note(tmp_path: Path) -> Note:
    (tmp_path / "a.hl7").write_text(MESSAGE, newline="")
    (one,) = read_notes([str(tmp_path / "a.hl7")])
    assert isinstance(one, Note)
    return one


def sealed(folder: Path) -> CaseStore:
    return SqliteCaseStore(folder / "cases.db", StoreKey.random())


STORES: list[Callable[[Path], CaseStore]] = [lambda folder: MemoryCaseStore(), sealed]


@pytest.mark.parametrize("store", STORES, ids=["memory", "sealed"])
def test_guarantee_the_fields_of_a_message_are_known_before_anything_is_released(
    store: Callable[[Path], CaseStore], note: Note, tmp_path: Path
) -> None:
    cases = store(tmp_path)
    case = cases.open(note.documents)
    boundary = Boundary(cases, [Blind()], Vocabulary.installed())

    def leaving(text: str) -> str:
        draft = Draft(template="test/ask", slots=(Narrative(text=text),))
        found = boundary.release(draft, case, "consult:none")
        return "" if isinstance(found, Refusal) else found.text

    assert cases.vault(case).known["WINIFRED GORSEDALE"] is Identifier.PERSON
    assert "chest pain since noon" in leaving("chest pain since noon")
    for word in ("Winifred", "Pidgeon", "Wexcombe", "8800123", "44 Elderberry Ln"):
        assert word.lower() not in note.text.lower() or word == "8800123"
        assert word not in leaving(f"chest pain since noon, {word}")


@pytest.mark.parametrize("store", STORES, ids=["memory", "sealed"])
def test_fields_of_a_document_that_comes_later_are_learned_too(
    store: Callable[[Path], CaseStore], tmp_path: Path
) -> None:
    cases = store(tmp_path)
    case = cases.open([Document("first", "Cough.")])
    cases.append(case, Document("second", "Fever.", {"Wexcombe": Identifier.PLACE}))
    assert cases.vault(case).known == {"Wexcombe": Identifier.PLACE}
    assert dict(cases.documents(case)) == {"first": "Cough.", "second": "Fever."}


def test_a_state_a_ward_and_a_set_id_are_not_taught(note: Note) -> None:
    # Whatever the vault knows is never released: "MI" and "CP" would hold back the questions of the case itself.
    assert not {"MI", "CP", "1", "M", "I"} & note.fields.keys()
