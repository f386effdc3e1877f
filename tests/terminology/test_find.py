"""Names of concepts in text. All texts are synthetic."""

from __future__ import annotations

import pytest

from bedside.tools.terminology import Domain, PhraseIndex, find_concepts


def _keys(text: str) -> list[str]:
    return [match.concept.key for match in find_concepts(text)]


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("HTN", ["hypertension"]),
        ("HIGH BLOOD PRESSURE", ["hypertension"]),
        ("type-2 diabetes", ["type-2-diabetes-mellitus"]),
        ("diabetes - type 2", ["type-2-diabetes-mellitus"]),
        ("diabetes", ["diabetes-mellitus"]),
        ("a heart attack", ["myocardial-infarction"]),
        ("migraines", ["migraine"]),
        ("DVTs", ["deep-vein-thrombosis"]),
        ("Hashimoto’s", ["hashimoto-thyroiditis"]),
        ("anaemia", ["anemia"]),
        ("diarrhoea", ["diarrhea"]),
        ("A-fib", ["atrial-fibrillation"]),
        ("salbutamol", ["albuterol"]),
        ("Lasix", ["furosemide"]),
        ("tinea\npedis", ["athletes-foot"]),
        ("CA-125 35 U/mL", ["ca-125"]),
        ("non-HDL 178", ["non-hdl-cholesterol"]),
        ("ionised calcium 1.1", ["ionized-calcium"]),
        ("urine ketones", ["urine-ketones"]),
        ("Hep B, adult", ["hepatitis-b-vaccine-adult"]),
        ("Marfan's syndrome", ["marfan-syndrome"]),
        ("Marfan’s syndrome", ["marfan-syndrome"]),
        # Near misses.
        ("hearing aids", []),
        ("AIDS", ["aids"]),
        ("he was uti", []),
        ("or as ms it", []),
        ("sore, throat", []),
        ("sore. Throat", []),
        ("hypertensionless", []),
        ("", []),
    ],
)
def test_names_are_found_as_written(text: str, keys: list[str]) -> None:
    assert _keys(text) == keys


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        # Forms of a verb.
        ("threw up blood", ["hematemesis"]),
        ("throwing up blood", ["hematemesis"]),
        ("coughs up blood", ["hemoptysis"]),
        # Inability.
        ("couldn't move his legs", ["paralysis"]),
        ("cant move my legs", ["paralysis"]),
        ("was not able to pass urine", ["urinary-retention"]),
        ("can hardly breathe", ["dyspnea"]),
        ("she wont wake up", ["unresponsive"]),
        # Small words in between, and sides.
        ("chest feels really tight", ["chest-pain"]),
        ("his leg has gone cold and pale", ["limb-ischemia"]),
        ("pain in her left testicle", ["testicular-pain"]),
        # None of them makes another thing of it.
        ("is trying to lose weight", ["weight"]),
        ("chest, feels tight", []),
        ("chest not tight", []),
        ("a faint line", []),
    ],
)
def test_one_name_stands_for_many_wordings(text: str, keys: list[str]) -> None:
    assert _keys(text) == keys


def test_the_longest_name_wins() -> None:
    text = "influenza vaccine and acute kidney injury"
    assert [text[m.start : m.end] for m in find_concepts(text)] == ["influenza vaccine", "acute kidney injury"]


def test_a_name_of_two_tables_gives_a_match_for_each() -> None:
    domains = {match.concept.domain for match in find_concepts("vitamin B12 400")}
    assert domains == {Domain.LAB, Domain.MEDICATION}


@pytest.mark.parametrize(
    ("phrase", "text", "found"),
    [
        ("E. coli", "E. coli", True),
        ("E. coli", "dose. coli", False),
        ("N&V", "N & V", True),
        ("N&V", "n & v", False),
        ("cold", "Cold", True),
        ("sore throat", "sore, throat", False),
        ("sore throat", "sore\nthroat", True),
        ("sore throat", "sore\nThroat", False),
        ("influenza, seasonal", "Influenza,  seasonal", True),
        ("influenza, seasonal", "influenza seasonal", True),
        ("influenza, seasonal", "influenza. seasonal", False),
        ("Td (adult), 5 Lf", "td (adult), 5 lf", True),
        ("100 mcg/0.5mL", "100 mcg/0.5mL", True),
        ("Marfan syndrome", "Marfan's syndrome", True),
        ("Marfan syndrome", "Marfan s syndrome", False),
    ],
)
def test_words_join_over_marks_but_not_over_the_end_of_an_item(phrase: str, text: str, found: bool) -> None:
    assert bool(list(PhraseIndex([(phrase, 1)]).find(text))) is found
