"""Sources of codes on this machine: the tables, ICD-10-CM, the user's own files."""

from __future__ import annotations

import importlib.metadata
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bedside.errors import InputError, MissingExtraError
from bedside.tools.terminology import (
    CodeIndex,
    FirstAnswer,
    InstalledTables,
    Verdict,
    icd10cm,
    rxnorm,
    snomed,
    snomed_list,
)
from bedside.tools.terminology.code_index import Entry, cache_folder
from bedside.tools.terminology.systems import CVX, ICD10CM, LOINC, RXNORM, SNOMED, UCUM


@pytest.fixture(scope="module")
def icd() -> CodeIndex:
    return icd10cm()


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("BEDSIDE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("heart attack", "I21.9"),
        ("HTN", "I10"),
        ("asthma", "J45.909"),
        ("plantar fasciitis", "M72.2"),
        ("oesophageal varices", "I85.00"),
        ("Stroke", "I63.9"),
        ("kidney stones", "N20.0"),
        ("trigeminal neuralgia", "G50.0"),
        ("type 2 diabetes with neuropathy", "E11.40"),
    ],
)
def test_icd10cm_is_found_by_words(icd: CodeIndex, text: str, code: str) -> None:
    found = icd.expand(text, count=5)
    assert found.verdict is Verdict.YES
    assert found.hits[0].code == code
    assert found.hits[0].system == ICD10CM
    scores = [hit.score for hit in found.hits]
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score <= 1 for score in scores)


def test_only_the_very_name_scores_near_one(icd: CodeIndex) -> None:
    assert icd.expand("asthma").hits[0].score == 1.0
    assert icd.expand("heart attack").hits[0].score == 0.98
    assert max(hit.score for hit in icd.expand("asthma of the left shoulder").hits) < 0.9


@pytest.mark.parametrize(
    "text", ["qqqxyz", "", "'; DROP TABLE name; --", '"', "* OR *", "NEAR(", "😀", "x " * 5000]
)
def test_no_words_of_a_search_break_it(icd: CodeIndex, text: str) -> None:
    assert icd.expand(text, count=3).verdict in (Verdict.NO, Verdict.YES)


def test_icd10cm_is_complete_so_no_means_no(icd: CodeIndex) -> None:
    assert icd.lookup(ICD10CM, "I21.9").verdict is Verdict.YES
    assert icd.lookup(ICD10CM, "I21.99").verdict is Verdict.NO
    assert icd.lookup(LOINC, "718-7").verdict is Verdict.UNKNOWN
    assert icd.validate_code(ICD10CM, "I21.9", "heart attack").verdict is Verdict.YES
    assert icd.validate_code(ICD10CM, "I21.9", "broken toe").verdict is Verdict.NO
    assert icd.translate(ICD10CM, "I21.9", SNOMED).verdict is Verdict.UNKNOWN
    hit = icd.lookup(ICD10CM, "I10").hit
    assert hit is not None
    assert hit.version == "2026"


def test_a_missing_package_is_named_with_its_command(monkeypatch: pytest.MonkeyPatch, cache: Path) -> None:
    def missing(name: str) -> str:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr("bedside.tools.terminology.icd.version", missing)
    with pytest.raises(MissingExtraError, match=r"pip install 'bedside\[icd\]'"):
        icd10cm()


def test_an_index_is_built_once_and_read_by_many(cache: Path, tmp_path: Path) -> None:
    path = cache / "small.sqlite"
    CodeIndex.build(path, [Entry("1", "first"), Entry("2", "second", ("other",), ("lay",))])
    index = CodeIndex(path, system="urn:test", version="7")
    found: list[str] = []
    threads = [
        threading.Thread(target=lambda: found.extend(h.code for h in index.expand("lay").hits)) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == ["2"] * 8
    assert [each.name for each in cache.iterdir()] == ["small.sqlite"]


def test_a_build_that_fails_leaves_nothing(cache: Path) -> None:
    def broken() -> Iterator[Entry]:
        yield Entry("1", "first")
        raise InputError("the file ends in the middle")

    with pytest.raises(InputError):
        CodeIndex.build(cache / "x.sqlite", broken())
    assert list(cache.iterdir()) == []


def test_a_folder_that_cannot_be_written_and_a_file_that_is_no_index_are_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(InputError, match="BEDSIDE_CACHE"):
        CodeIndex.build(tmp_path / "file" / "index.sqlite", [])
    with pytest.raises(InputError, match="delete it"):
        CodeIndex(tmp_path / "file", system="urn:test", version=None)


def test_the_cache_folder_follows_the_platform(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("BEDSIDE_CACHE", str(tmp_path))
    assert cache_folder() == tmp_path
    monkeypatch.delenv("BEDSIDE_CACHE")
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert cache_folder() == tmp_path / "xdg" / "bedside"


@pytest.mark.parametrize(
    ("system", "code", "verdict"),
    [
        (LOINC, "718-7", Verdict.YES),
        (LOINC, "718-8", Verdict.NO),
        (LOINC, "75636-1", Verdict.UNKNOWN),
        (SNOMED, "22298006", Verdict.UNKNOWN),
        (SNOMED, "22298007", Verdict.NO),
        (CVX, "140", Verdict.YES),
        (UCUM, "mm[Hg]", Verdict.YES),
        (UCUM, "mmHg", Verdict.NO),
        ("urn:local", "x", Verdict.UNKNOWN),
    ],
)
def test_the_tables_know_what_they_do_not_know(system: str, code: str, verdict: Verdict) -> None:
    tables = InstalledTables()
    assert tables.lookup(system, code).verdict is verdict
    assert tables.validate_code(system, code).verdict is verdict


def test_the_tables_are_searched_by_words() -> None:
    tables = InstalledTables()
    assert tables.expand("haemoglobin", system=LOINC).hits[0].code == "718-7"
    assert tables.expand("heart attack").hits[0].code == "I21.9"
    assert tables.expand("qqqxyz").verdict is Verdict.UNKNOWN
    assert tables.validate_code(LOINC, "718-7", "Hgb").verdict is Verdict.YES
    assert tables.validate_code(LOINC, "718-7", "glucose").verdict is Verdict.UNKNOWN


def test_several_sources_answer_as_one(icd: CodeIndex) -> None:
    both = FirstAnswer([InstalledTables(), icd])
    assert both.lookup(ICD10CM, "W85").verdict is Verdict.YES
    assert both.lookup(ICD10CM, "W99.9").verdict is Verdict.NO
    assert both.lookup(LOINC, "718-7").verdict is Verdict.YES
    assert both.validate_code(ICD10CM, "I10").verdict is Verdict.YES
    assert both.expand("jellyfish").verdict is Verdict.YES
    assert both.translate(ICD10CM, "I10", SNOMED).verdict is Verdict.UNKNOWN
    assert FirstAnswer([]).lookup(LOINC, "718-7").verdict is Verdict.UNKNOWN


def _atom(concept: str, kind: str, text: str, source: str = "RXNORM", suppress: str = "N") -> str:
    columns = [concept, "ENG", *[""] * 9, source, kind, concept, text, "0", suppress, "4096"]
    return "|".join([*columns, ""]) + "\n"


def test_rxnorm_is_read_from_the_users_file(cache: Path, tmp_path: Path) -> None:
    path = tmp_path / "RXNCONSO.RRF"
    path.write_text(
        _atom("29046", "IN", "lisinopril")
        + _atom("314076", "SY", "lisinopril 10 MG tablet")
        + _atom("314076", "SCD", "lisinopril 10 MG Oral Tablet")
        + _atom("1", "SCD", "gone", suppress="O")
        + _atom("2", "CD", "another source", source="MMSL")
    )
    index = rxnorm(path)
    assert index.lookup(RXNORM, "1").verdict is Verdict.NO
    hit = index.expand("lisinopril 10 mg oral tablet").hits[0]
    assert (hit.code, hit.display, hit.score) == ("314076", "lisinopril 10 MG Oral Tablet", 1.0)
    assert index.validate_code(RXNORM, "314076", "Lisinopril 10 MG tablet").verdict is Verdict.YES


_CONCEPTS = (
    "id\teffectiveTime\tactive\tmoduleId\tdefinitionStatusId\n"
    "22298006\t20260101\t1\tm\td\n73211009\t20260101\t0\tm\td\n"
)
_DESCRIPTIONS = (
    "id\teffectiveTime\tactive\tmoduleId\tconceptId\tlanguageCode\ttypeId\tterm\tcaseSignificanceId\n"
    "1\t20260101\t1\tm\t22298006\ten\t900000000000013009\tHeart attack\tc\n"
    "2\t20260101\t1\tm\t22298006\ten\t900000000000003001\tMyocardial infarction (disorder)\tc\n"
    "3\t20260101\t0\tm\t22298006\ten\t900000000000013009\tOld name\tc\n"
    "4\t20260101\t1\tm\t73211009\ten\t900000000000013009\tDiabetes mellitus\tc\n"
)


def test_snomed_is_read_from_the_users_release(cache: Path, tmp_path: Path) -> None:
    concepts = tmp_path / "sct2_Concept_Snapshot_INT_20260901.txt"
    descriptions = tmp_path / "sct2_Description_Snapshot-en_INT_20260901.txt"
    concepts.write_text(_CONCEPTS)
    descriptions.write_text(_DESCRIPTIONS)
    index = snomed(concepts, descriptions)
    hit = index.expand("heart attack").hits[0]
    assert (hit.code, hit.display) == ("22298006", "Myocardial infarction (disorder)")
    assert hit.version == "http://snomed.info/sct/version/20260901"
    assert index.lookup(SNOMED, "73211009").verdict is Verdict.NO
    assert index.expand("old name").verdict is not Verdict.YES or index.expand("old name").hits[0].score < 0.9


def test_snomed_is_read_from_a_list_with_a_header(cache: Path, tmp_path: Path) -> None:
    path = tmp_path / "ips.txt"
    path.write_text("conceptId\tactive\tFSN\tPT\n22298006\t1\tMyocardial infarction (disorder)\tHeart attack\n")
    index = snomed_list(path)
    assert index.expand("heart attack").hits[0].score == 1.0
    # Another content at the same place is another index.
    path.write_text("conceptId\tFSN\n73211009\tDiabetes mellitus (disorder)\n")
    assert snomed_list(path).lookup(SNOMED, "22298006").verdict is Verdict.NO


@pytest.mark.parametrize(
    ("read", "text", "said"),
    [
        (rxnorm, "a|b|c\n", "line 1: 2 columns, but RXNCONSO.RRF has 18"),
        (rxnorm, "", "no active English name"),
        (snomed_list, "name\tage\nx\t1\n", "line 1: no header"),
        (snomed_list, "id\tterm\n22298006\n", "line 2: 1 columns"),
        (snomed_list, "id\tterm\n22298007\tWrong\n", "line 2: no SNOMED CT identifier"),
        (lambda path: snomed(path, path), "id\tactive\n", "line 1: 2 columns, but an RF2 concept snapshot has 5"),
    ],
)
def test_what_is_wrong_with_a_file_is_told_with_its_line(
    cache: Path, tmp_path: Path, read: Callable[[Path], CodeIndex], text: str, said: str
) -> None:
    path = tmp_path / "file.txt"
    path.write_text(text)
    with pytest.raises(InputError, match=r"file\.txt") as raised:
        read(path)
    assert said in str(raised.value)


def test_a_file_that_is_missing_or_not_text_is_named(cache: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.rrf cannot be read"):
        rxnorm(tmp_path / "none.rrf")
    (tmp_path / "bytes.txt").write_bytes(b"id\tterm\n\xff\xfe")
    with pytest.raises(InputError, match="UTF-8"):
        snomed_list(tmp_path / "bytes.txt")
