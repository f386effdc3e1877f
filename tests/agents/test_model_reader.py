"""The model reader: who reads, what both agree on, and which words the model was given."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bedside.agents.grounder import ground
from bedside.agents.reader import PROMPTS, Claim, read_note
from bedside.agents.reader.model.reading import PART_CHARACTERS, _parts
from bedside.boundary import Boundary, PromptRegistry, Vocabulary
from bedside.boundary.detectors import PresidioDetector
from bedside.errors import InputError
from bedside.flow import Services
from bedside.graphs import note_to_fhir, triage
from bedside.models import ScriptedChatModel
from bedside.models.profiles import profile_for
from bedside.persistence import Document, MemoryCaseStore
from bedside.records import Assertion, CaseResult, ClinicalRecord, FactKind, Source

# Synthetic.
NOTE = (
    "62-year-old man. Crushing chest pain since noon. Denies fever. HTN. On metoprolol. BP 82/54. Chest pain again."
)


def items(*rows: tuple[str, str, str], value: str = "") -> str:
    return json.dumps(
        {"items": [{"kind": k, "quote": q, "name": q, "assertion": a, "value": value} for k, q, a in rows]}
    )


async def read(reply: str, graph: Any = note_to_fhir, note: str = NOTE, **services: Any) -> CaseResult:
    cases = MemoryCaseStore()
    context = Services(
        cases=cases,
        boundary=Boundary(cases, [PresidioDetector()], Vocabulary.installed()),
        model=ScriptedChatModel(default=reply),
        model_name="scripted",
    )
    context = replace(context, **services)
    case = cases.open([Document("note", note)])
    output = await graph.build().compile(prompts=services.get("prompts")).ainvoke({"case": case}, context=context)
    result: CaseResult = output["result"]
    return result


def claim(quote: str, kind: FactKind = FactKind.PROBLEM, **more: Any) -> Claim:
    return Claim("note", 0, len(NOTE), kind, quote, more.pop("name", quote), **more)


# --- who reads


async def test_both_readers_or_one_of_them() -> None:
    reply = items(("problem", "chest pain", "present"), ("problem", "HTN", "present"))
    both = await read(reply)
    builtin = await read(reply, reader="builtin")
    alone = await read(reply, reader="model")
    assert builtin.record.prompts == ()
    assert [fact.display for fact in builtin.record.facts] == [fact.display for fact in both.record.facts]
    assert {fact.source for fact in alone.record.facts} == {Source.MODEL}
    assert len(alone.record.facts) == 2
    assert alone.record.patient == builtin.record.patient  # who the patient is, rules read in any case
    assert any("read the notes alone" in warning for warning in alone.warnings)
    assert not any("read the notes alone" in warning for warning in both.warnings)


async def test_a_dialogue_is_read_by_the_built_in_reader_whoever_was_chosen() -> None:
    spoken = "Doctor: What brings you in?\nPatient: I have chest pain.\nDoctor: Any fever?\nPatient: No.\n" * 3
    result = await read(items(("problem", "fever", "present")), reader="model", note=spoken)
    assert {fact.source for fact in result.record.facts} == {Source.BUILTIN}
    assert result.record.prompts == ()


async def test_an_urgency_is_not_lowered_by_a_model_beside_the_built_in_reader() -> None:
    denied = items(("problem", "Crushing chest pain", "absent"), ("problem", "chest pain", "absent"))
    alone, beside = await read("{}", triage, reader="builtin"), await read(denied, triage)
    assert alone.urgency is not None
    assert beside.urgency == alone.urgency
    assert "readers-disagree" in {issue.code for issue in beside.record.issues}


# --- what both agree on


@pytest.mark.parametrize(
    ("made", "agreed", "issues"),
    [
        (claim("chest pain"), True, 0),
        (claim("Crushing chest pain"), True, 0),
        (claim("fever", assertion=Assertion.ABSENT), True, 0),
        (claim("fever"), False, 1),
        (claim("HTN", FactKind.MEDICATION), False, 0),  # the tables know what it is
        (claim("HTN", FactKind.VITAL, assertion=Assertion.ABSENT), False, 1),
        (claim("metoprolol", FactKind.ALLERGY), False, 1),
        (claim("metoprolol", FactKind.MEDICATION), True, 0),
        (claim("BP 82", FactKind.VITAL, value=Decimal(82)), True, 0),
        (claim("BP 82/54", FactKind.VITAL, value=Decimal(54)), True, 0),
        (claim("62-year-old"), False, 0),
    ],
)
def test_agreement_is_recorded_and_disagreement_is_an_issue(made: Claim, agreed: bool, issues: int) -> None:
    before = read_note("note", NOTE)
    after = ground(before, [made], {"note": NOTE})
    kept = [fact for fact in after.facts if fact.source is Source.BUILTIN]
    assert [fact.model_copy(update={"agreed": False, "also": ()}) for fact in kept] == [
        fact.model_copy(update={"also": ()}) for fact in before.facts
    ]
    assert any(fact.agreed for fact in after.facts) is agreed
    assert len(after.issues) - len(before.issues) == issues


def test_of_a_pressure_only_the_value_that_both_give_is_agreed() -> None:
    after = ground(read_note("note", NOTE), [claim("BP 82/54", FactKind.VITAL, value=Decimal(54))], {"note": NOTE})
    assert [fact.display for fact in after.facts if fact.agreed] == ["diastolic blood pressure"]


def test_another_number_at_the_same_place_is_a_disagreement() -> None:
    note = "K 5.4, was 4.5"
    before = read_note("note", note)
    made = Claim("note", 0, len(note), FactKind.LAB, "K 5.4, was 4.5", "potassium", value=Decimal("4.5"))
    after = ground(before, [made], {"note": note})
    assert [fact.quantity for fact in after.facts] == [fact.quantity for fact in before.facts]
    assert not after.facts[0].agreed
    assert [issue.code for issue in after.issues if issue not in before.issues] == ["readers-disagree"]


def test_the_same_thing_said_elsewhere_is_one_fact_with_two_places() -> None:
    before = read_note("note", NOTE)
    twice = ground(
        before, [Claim("note", 60, len(NOTE), FactKind.PROBLEM, "Chest pain", "chest pain")], {"note": NOTE}
    )
    pain = [fact for fact in twice.facts if fact.display == "chest pain"]
    assert len(pain) == 1
    assert pain[0].agreed
    places = [pain[0].evidence, *pain[0].also]
    assert {NOTE[place.start : place.end].lower() for place in places} >= {"chest pain"}
    assert len({place.start for place in places}) == len(places)


def test_what_a_model_alone_found_is_not_confirmed_by_saying_it_twice() -> None:
    note = "Takes Lasix. Lasix helps."
    made = [Claim("note", 0, len(note), FactKind.MEDICATION, "Lasix", "furosemide")] * 2
    record = ground(read_note("note", "").model_copy(update={"facts": ()}), made, {"note": note})
    (fact,) = record.facts
    assert fact.source is Source.MODEL
    assert not fact.agreed


@pytest.mark.parametrize("kind", [FactKind.VITAL, FactKind.FAMILY])
def test_a_vital_sign_or_a_relatives_disease_that_no_table_knows_is_set_aside(kind: FactKind) -> None:
    note = "Takeaway from a Chinese restaurant."
    made = Claim("note", 0, len(note), kind, "Chinese restaurant", "Chinese restaurant")
    record = ground(ClinicalRecord(documents=("note",)), [made], {"note": note})
    assert not record.facts
    assert [one.reason for one in record.unverified] == [f"the tables know no {kind.value} of this name"]


@pytest.mark.parametrize(
    ("quote", "name", "display", "coded"),
    [
        ("Lasix", "furosemide", "furosemide", True),
        ("pain in her chest", "chest pain", "chest pain", True),  # the words of the name stand there
        ("Speech seems slow", "aphasia", "speech seems slow", False),  # what it may be is not what it says
        ("tired", "leukaemia", "fatigue", True),
        ("zebulonitis", "appendicitis", "zebulonitis", False),
    ],
)
def test_a_models_name_for_a_thing_counts_where_the_note_says_it_too(
    quote: str, name: str, display: str, coded: bool
) -> None:
    note = f"Today: {quote}."
    kind = FactKind.MEDICATION if quote == "Lasix" else FactKind.PROBLEM
    empty = ClinicalRecord(documents=("note",))
    (fact,) = ground(empty, [Claim("note", 0, len(note), kind, quote, name)], {"note": note}).facts
    assert (fact.display, fact.concept is not None) == (display, coded)


@pytest.mark.parametrize(
    ("quote", "reason"),
    [
        ("FH", "its quote is a heading"),
        ("Plan:", "its quote is a heading"),
        ("No-one at home with patient", "its quote is a sentence and names no one thing"),
        ("Pt understands and is happy with plan", "its quote is a sentence and names no one thing"),
    ],
)
@pytest.mark.parametrize("kind", [FactKind.PROBLEM, FactKind.PROCEDURE])
def test_a_heading_or_a_sentence_is_no_problem_of_a_patient(kind: FactKind, quote: str, reason: str) -> None:
    note = f"{quote} and more."
    record = ground(
        ClinicalRecord(documents=("note",)), [Claim("note", 0, len(note), kind, quote, quote)], {"note": note}
    )
    assert not record.facts
    assert [one.reason for one in record.unverified] == [reason]


@pytest.mark.parametrize(
    ("note", "quote", "value"),
    [
        ("Creatinine 148 umol/L.", "Creatinine 148", "148"),  # another LOINC code than in mg/dL
        ("Creatinine 1.2 mg/dL.", "Creatinine 1.2", "1.2"),
        ("Glucose 7.2 mmol/l today", "Glucose 7.2", "7.2"),
        ("Weight 154 lb.", "Weight 154", "154"),
        ("BP 138/88 mmHg", "BP 138/88", "138/88"),
        ("SpO2 94%", "SpO2 94", "94"),
        ("Temp 98.6", "Temp 98.6", "98.6"),
        ("K 5.4", "K 5.4", "5.4"),
    ],
)
async def test_a_measurement_of_a_model_has_the_unit_and_the_code_that_the_built_in_reader_gives_it(
    note: str, quote: str, value: str
) -> None:
    def told(result: CaseResult) -> list[tuple[Any, ...]]:
        return [(fact.kind, fact.display, fact.quantity, fact.code) for fact in result.record.facts]

    builtin = await read("{}", note=note, reader="builtin")
    (kind,) = {fact.kind.value for fact in builtin.record.facts}
    alone = await read(items((kind, quote, "present"), value=value), note=note, reader="model")
    assert told(alone) == told(builtin)
    assert "Observation" in (alone.bundle or "")


@pytest.mark.parametrize(
    ("note", "kind", "value", "reason"),
    [
        ("HR 980", FactKind.VITAL, "980", "its value lies outside the plausible range"),
        ("BP normal", FactKind.VITAL, None, "it gives no number that the tables can use"),
        ("BP 138 today", FactKind.VITAL, "138", "it gives no number that the tables can use"),
    ],
)
def test_a_measurement_that_cannot_be_is_set_aside(
    note: str, kind: FactKind, value: str | None, reason: str
) -> None:
    made = Claim("note", 0, len(note), kind, note, note, value=Decimal(value) if value else None)
    record = ground(ClinicalRecord(documents=("note",)), [made], {"note": note})
    assert [one.reason for one in record.unverified] == [reason]


def test_a_number_whose_unit_nobody_knows_stays_text() -> None:
    empty = ClinicalRecord(documents=("note",))
    for note, quantity, text in (("zebulonase 12 U/L", "U/L", None), ("zebulonase 12 zz", None, "12")):
        made = Claim("note", 0, len(note), FactKind.LAB, "zebulonase 12", "zebulonase", value=Decimal(12))
        (fact,) = ground(empty, [made], {"note": note}).facts
        assert (fact.quantity and fact.quantity.unit, fact.text_value) == (quantity, text)


# --- which words the model was given


async def test_the_prompt_is_named_with_its_hash_in_every_provenance() -> None:
    result = await read(items(("problem", "chest pain", "present")))
    template = PromptRegistry.installed()["read/facts"]
    assert result.record.prompts == (template.name,)
    entries = json.loads(result.bundle or "")["entry"]
    provenances = [one["resource"] for one in entries if one["resource"]["resourceType"] == "Provenance"]
    assert provenances
    for one in provenances:
        named = [
            entity["what"]["identifier"]["value"] for entity in one["entity"] if "identifier" in entity["what"]
        ]
        assert named == [template.name]
        assert template.sha256[:16] in named[0]


async def test_a_family_gets_its_own_prompt_and_a_folder_of_the_user_overrides_it(tmp_path: Path) -> None:
    async def asked(family: str, prompts: PromptRegistry) -> tuple[str, tuple[str, ...]]:
        model = ScriptedChatModel(default="{}", family=profile_for(family))
        result = await read("", model=model, prompts=prompts)
        return model.requests[0], result.record.prompts

    installed = PromptRegistry.installed()
    generic, medgemma = await asked("qwen", installed), await asked("medgemma-4b", installed)
    assert "An example" in generic[0]
    assert "An example" not in medgemma[0]
    assert medgemma[1][0].startswith("read/facts.medgemma version 2, sha256 ")
    (tmp_path / "read").mkdir()
    (tmp_path / "read" / "facts.medgemma.md").write_text("<!-- version: ward-7 -->\nList it.\n{{text}}")
    own = await asked("medgemma-4b", PromptRegistry.installed(tmp_path))
    assert own[0].startswith("List it.\n62-year-old")
    assert own[1][0].startswith("read/facts.medgemma version ward-7, sha256 ")
    assert (await asked("qwen", PromptRegistry.installed(tmp_path)))[0] == generic[0]


async def test_prompts_are_frozen_when_the_graph_is_compiled(tmp_path: Path) -> None:
    (tmp_path / "read").mkdir()
    file = tmp_path / "read" / "facts.md"
    file.write_text("Before. {{text}}")
    frozen = PromptRegistry.installed(tmp_path)
    file.write_text("After. {{text}}")
    model = ScriptedChatModel(default="{}")
    await read("", model=model, prompts=frozen)
    assert model.requests[0].startswith("Before.")


async def test_without_the_template_the_way_out_is_told() -> None:
    with pytest.raises(InputError, match=r"read/facts\.md"):
        await read("{}", prompts=PromptRegistry({}))


def test_examples_take_the_place_of_their_mark_and_are_part_of_the_hash(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("Do.\n\n{{examples}}\n\nThe note: {{text}}")
    bare = PromptRegistry.from_folders(tmp_path)["a"]
    assert bare.text == "Do.\n\nThe note: {{text}}"
    (tmp_path / "a.examples.md").write_text("Like so.")
    with_examples = PromptRegistry.from_folders(tmp_path)
    assert set(with_examples) == {"a"}
    assert "Like so" in with_examples["a"].text
    assert with_examples["a"].sha256 != bare.sha256


def test_the_prompts_of_the_reader_hold_the_note_and_nothing_else() -> None:
    for template in PromptRegistry.from_folders(Path(PROMPTS)).values():
        assert template.fields == {"text"}
        assert template.version
        # The instruction is the same for all parts of all notes: what stands before the note is computed once.
        assert template.text.index("{{text}}") > len(template.text) * 0.8


# --- parts


@settings(deadline=None)
@given(st.text(alphabet="ab .;\n<é", max_size=3_000))
def test_parts_hold_all_of_a_text_once_and_none_is_too_long(text: str) -> None:
    parts = list(_parts(text))
    assert all(0 < end - start <= PART_CHARACTERS for start, end in parts)
    assert all(one[1] <= other[0] for one, other in pairwise(parts))
    assert "".join("".join(text[start:end] for start, end in parts).split()) == "".join(text.split())


def test_parts_end_with_lines_or_sentences_where_they_can() -> None:
    text = "First line.\n" + "A sentence of some forty characters here. " * 20 + "\n" + "x" * 900
    ends = [text[end - 2 : end] for _, end in _parts(text)]
    assert ends[:2] == [". "] * 2
    assert [end - start for start, end in _parts(text)][-2:] == [PART_CHARACTERS, 100]


async def test_a_part_whose_reading_loops_or_is_cut_off_is_read_in_halves() -> None:
    note = "".join(f"{number}: chest pain number {number} is there.\n" for number in range(10))
    assert 300 < len(note) < PART_CHARACTERS

    def tired(request: str) -> str:
        shown = request.split("----------")[-2]
        if len(shown) > 250:
            return '{"items": [' + '{"kind": "problem", "quote": "x", "name": "x", "assertion": "present"}, ' * 40
        numbers = [line.split(":")[0] for line in shown.strip().splitlines()]
        return items(*(("problem", f"chest pain number {number} is", "present") for number in numbers))

    model = ScriptedChatModel(function=tired)
    result = await read("", note=note, model=model, reader="model")
    assert len(model.requests) == 3
    places = {note[one.evidence.start : one.evidence.end] for one in result.record.facts} | {
        note[place.start : place.end] for one in result.record.facts for place in one.also
    }
    assert places == {f"chest pain number {number} is" for number in range(10)}
    assert not any("was not read" in reason for reason in result.not_done)


async def test_what_loops_however_small_is_told() -> None:
    model = ScriptedChatModel(default="the same words again " * 40)
    result = await read("", note="Chest pain since noon.\n" * 16, model=model)
    told = [reason for reason in result.not_done if "repeated itself" in reason]
    assert len(told) >= 2
    assert "second half" in " ".join(told)
    assert len(model.requests) <= 7
