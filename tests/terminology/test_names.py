"""The name tables: what they add to recognition, and what they must not."""

from __future__ import annotations

import pytest
import simple_icd_10_cm as icd

from bedside.tools.terminology import Domain, concept, concepts, find_concepts, further_concepts


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


@pytest.mark.parametrize(
    ("text", "key", "code"),
    [
        ("meralgia paresthetica", "meralgia-paresthetica", "G57.10"),
        ("Meralgia paraesthetica", "meralgia-paresthetica", "G57.10"),
        ("hallux rigidus", "hallux-rigidus", "M20.20"),
        ("Tourette's syndrome", "tourette-syndrome", "F95.2"),
        ("Tourette syndrome", "tourette-syndrome", "F95.2"),
        ("Marfan's syndrome", "marfan-syndrome", "Q87.40"),
        ("gynaecomastia", "gynecomastia", "N62"),
        ("hypersensitivity pneumonitis", "hypersensitivity-pneumonitis", "J67.9"),
    ],
)
def test_a_problem_that_no_curated_table_knows_is_found(text: str, key: str, code: str) -> None:
    found = {match.concept.key: match.concept for match in find_concepts(text)}
    assert found[key].domain is Domain.PROBLEM
    coded = found[key].code
    assert coded is not None
    assert coded.code == code


@pytest.mark.parametrize(
    "text",
    ["old age", "he was in a state", "an open door", "right knee", "Amelia called", "social history", "worry"],
)
def test_ordinary_words_are_no_problems(text: str) -> None:
    further = {item.key for item in further_concepts()}
    assert [match.concept.key for match in find_concepts(text) if match.concept.key in further] == []


def test_a_name_table_never_hides_what_a_red_flag_asks_for() -> None:
    """The symptom inside of a longer name is still the symptom: rules match on its key."""
    keys = {match.concept.key for match in find_concepts("cough syncope; drug-induced headache; neonatal cyanosis")}
    assert {"cough", "syncope", "headache", "cyanosis"} <= keys


def test_every_code_of_the_name_tables_exists_is_a_leaf_and_carries_its_description() -> None:
    codes = [item.code for item in further_concepts() if item.code]
    assert len(codes) > 5000
    assert [
        code.code
        for code in codes
        if not icd.is_valid_item(code.code)
        or icd.get_children(code.code)
        or icd.get_description(code.code) != code.display
    ] == []


def test_keys_of_the_name_tables_are_unique_and_new() -> None:
    curated = {(item.domain, item.key) for item in concepts()}
    problems = [item.key for item in further_concepts() if item.domain is Domain.PROBLEM]
    assert len(problems) == len(set(problems))
    assert not {(Domain.PROBLEM, key) for key in problems} & curated


def test_a_further_name_of_a_curated_drug_keeps_its_key_and_class() -> None:
    (match,) = (m for m in find_concepts("Seretide") if m.concept.domain is Domain.MEDICATION)
    assert match.concept.drug_class == concept(Domain.MEDICATION, "fluticasone-salmeterol").drug_class


def test_a_name_of_a_curated_table_is_that_tables_alone() -> None:
    further = {id(item) for item in further_concepts()}
    wrong = [
        name
        for item in concepts()
        for name in item.names
        for match in find_concepts(name.removeprefix("="))
        if id(match.concept) in further and (match.start, match.end) == (0, len(name.removeprefix("=")))
    ]
    assert wrong == []
