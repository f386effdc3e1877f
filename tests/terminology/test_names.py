"""The name tables: what they add to recognition, and what they must not."""

from __future__ import annotations

import time

import pytest

from bedside.tools.terminology import Domain, concept, concepts, find_concepts, further_concepts
from bedside.tools.terminology.find import _index


def _found(text: str) -> list[tuple[str, str]]:
    return [
        (text[m.start : m.end], m.concept.key) for m in find_concepts(text) if m.concept.domain is Domain.MEDICATION
    ]


@pytest.mark.parametrize(
    ("text", "name", "key"),
    [
        (
            "started on hydrochlorothiazide-lisinopril",
            "hydrochlorothiazide-lisinopril",
            "hydrochlorothiazide-lisinopril",
        ),
        ("co-danthramer prn", "co-danthramer", "co-danthramer"),
        ("Seretide 250", "Seretide", "fluticasone-salmeterol"),
        ("on apixaban and Repatha", "Repatha", "evolocumab"),
        ("Ozurdex; Zytiga 1 g", "Zytiga", "abiraterone"),
        ("atorvastatin calcium 40 mg", "atorvastatin calcium", "atorvastatin"),
        ("testosterone cypionate", "testosterone cypionate", "testosterone"),
        ("Laxido sachets", "Laxido", "polyethylene-glycol"),
        ("Flutiform inhaler", "Flutiform", "fluticasone-formoterol"),
        ("took Sonata", "Sonata", "zaleplon"),
    ],
)
def test_a_drug_that_no_curated_table_knows_is_found(text: str, name: str, key: str) -> None:
    assert (name, key) in _found(text)


@pytest.mark.parametrize(
    "text",
    [
        "drank a glass of water",
        "creatinine and glucose are normal",
        "she played a sonata",
        "exposure to lead and mercury",
        "this was a success",
        "Justice Will Baker sings soprano",
        "iodine, copper and zinc",
        "no choice but to reconcile",
    ],
)
def test_ordinary_words_are_no_drugs(text: str) -> None:
    further = {item.key for item in further_concepts()}
    assert [name for name, key in _found(text) if key in further and key != "iodine-contrast"] == []


def test_a_further_name_of_a_curated_drug_keeps_its_key_and_class() -> None:
    (match,) = (m for m in find_concepts("Seretide") if m.concept.domain is Domain.MEDICATION)
    assert match.concept.drug_class == concept(Domain.MEDICATION, "fluticasone-salmeterol").drug_class


def test_no_name_table_repeats_a_curated_name() -> None:
    curated = {name.lower() for item in concepts() for name in item.names}
    assert [name for item in further_concepts() for name in item.names if name.lower() in curated] == []


def test_the_index_is_built_quickly() -> None:
    for cached in (concepts, further_concepts, _index):
        cached.cache_clear()
    start = time.perf_counter()
    _index()
    # 0.3 s on a quiet machine; the bound leaves room for a busy one.
    assert time.perf_counter() - start < 2
