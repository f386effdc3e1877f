"""Further detectors: Presidio's own recognizers in one engine, and a local model. They add, and fail closed."""

from __future__ import annotations

import json
import os
import re
import time
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
from presidio_analyzer import EntityRecognizer, LocalRecognizer, Pattern, PatternRecognizer, RecognizerResult
from presidio_analyzer.nlp_engine import NlpArtifacts

from bedside.boundary import (
    Boundary,
    Draft,
    Identifier,
    Narrative,
    PromptRegistry,
    Refusal,
    RefusalReason,
    SealedText,
    Vocabulary,
)
from bedside.boundary.detection import installed_detectors
from bedside.boundary.detectors import ModelDetector, PresidioDetector
from bedside.errors import BoundaryError, InputError
from bedside.models import Endpoint, ScriptedChatModel
from bedside.persistence import Document, MemoryCaseStore
from bedside.testing import check_detector

TEXT = "The ward token is blue-seven, seen with Okonkwo on 03/14/2024."


class Finds(LocalRecognizer):
    """Reports one word under a name of Presidio's, with or without an explanation."""

    def __init__(self, word: str, entity: str) -> None:
        self._word, self._entity = word, entity
        super().__init__(supported_entities=[entity], name="finds a word")

    def load(self) -> None:
        """Nothing."""

    def analyze(
        self, text: str, entities: list[str], nlp_artifacts: NlpArtifacts | None = None
    ) -> list[RecognizerResult]:
        start = text.find(self._word)
        return [RecognizerResult(self._entity, start, start + len(self._word), 0.7)] if start >= 0 else []


class Fails(Finds):
    def analyze(
        self, text: str, entities: list[str], nlp_artifacts: NlpArtifacts | None = None
    ) -> list[RecognizerResult]:
        raise RuntimeError(text)


def found(detector: PresidioDetector | ModelDetector, text: str = TEXT) -> set[tuple[str, Identifier]]:
    return {(text[one.start : one.end], one.kind) for one in detector.detect(text)}


def test_a_pattern_recognizer_of_presidio_adds() -> None:
    token = PatternRecognizer("WARD_TOKEN", name="tokens", patterns=[Pattern("token", r"blue-\w+", 0.6)])
    alone, with_it = found(PresidioDetector()), found(PresidioDetector(recognizers=[token]))
    assert alone < with_it
    assert with_it - alone == {("blue-seven", Identifier.OTHER_NUMBER)}


def test_context_words_count_as_in_presidio() -> None:
    token = PatternRecognizer(
        "PERSON", name="tokens", patterns=[Pattern("token", r"blue-\w+", 0.3)], context=["token"]
    )
    detector = PresidioDetector(recognizers=[token])
    scores = {
        text: max(one.score for one in detector.detect(text) if one.detector == "tokens")
        for text in (TEXT, "The colour is blue-seven.")
    }
    assert scores[TEXT] > scores["The colour is blue-seven."]


KINDS = [
    ("PERSON", Identifier.PERSON),
    ("LOCATION", Identifier.PLACE),
    ("ORGANIZATION", Identifier.FACILITY),
    ("DATE_TIME", Identifier.DATE),
    ("PHONE_NUMBER", Identifier.PHONE),
    ("EMAIL_ADDRESS", Identifier.EMAIL),
    ("US_SSN", Identifier.SSN),
    ("MEDICAL_LICENSE", Identifier.OTHER_NUMBER),
    ("IP_ADDRESS", Identifier.IP_ADDRESS),
    ("URL", Identifier.URL),
    ("something of mine", Identifier.OTHER_NUMBER),
]
ENTITIES = {entity: f"token{chr(ord('a') + number)}" for number, (entity, _) in enumerate(KINDS)}
"""The word that a recognizer of each entity finds."""


@pytest.fixture(scope="module")
def plugged() -> PresidioDetector:
    """One engine for all: loading one takes a second."""
    recognizers = [Finds(word, entity) for entity, word in ENTITIES.items()]
    return PresidioDetector(Vocabulary([], ["a", "here", *ENTITIES.values()]), recognizers=recognizers)


@pytest.mark.parametrize(("entity", "kind"), KINDS)
def test_an_entity_of_presidio_has_a_kind(plugged: PresidioDetector, entity: str, kind: Identifier) -> None:
    (one,) = [one for one in plugged.detect(f"a {ENTITIES[entity]} here") if one.detector == "finds a word"]
    assert (one.kind, one.score) == (kind, 0.7)
    assert (one.detector, one.why) == ("finds a word", entity)


def test_a_recognizer_that_fails_makes_the_detector_fail() -> None:
    with pytest.raises(RuntimeError):
        PresidioDetector(recognizers=[Fails("token", "PERSON")]).detect(TEXT)


def test_nothing_is_released_when_a_recognizer_fails() -> None:
    outcome = _boundary(PresidioDetector(recognizers=[Fails("token", "PERSON")]))
    assert isinstance(outcome, Refusal)
    assert outcome.reason is RefusalReason.DETECTOR_FAILED
    assert "token" not in outcome.detail


def test_a_recognizer_for_another_language_is_refused() -> None:
    spanish: EntityRecognizer = PatternRecognizer(
        "X", name="x", patterns=[Pattern("x", "x", 0.5)], supported_language="es"
    )
    with pytest.raises(ValueError, match="language 'es'"):
        PresidioDetector(recognizers=[spanish])


def answer(*identifiers: tuple[str, str]) -> str:
    return json.dumps({"identifiers": [{"text": text, "kind": kind} for text, kind in identifiers]})


def test_a_model_adds_what_stands_in_the_text() -> None:
    said = answer(("blue-seven", "OTHER_NUMBER"), ("WARD", "FACILITY"), ("Zebulon", "PERSON"), ("e", "PERSON"))
    model = ScriptedChatModel(default=said)
    assert found(ModelDetector(model)) == {
        ("blue-seven", Identifier.OTHER_NUMBER),
        ("ward", Identifier.FACILITY),
    }
    assert TEXT in model.requests[0]


def test_its_prompt_is_a_file_that_a_folder_of_ones_own_overrides(tmp_path: Path) -> None:
    (tmp_path / "detect").mkdir()
    (tmp_path / "detect" / "identifiers.md").write_text("Who is named?\n{{text}}")
    model = ScriptedChatModel(default=answer(("Okonkwo", "PERSON")))
    detector = ModelDetector(model, prompts=PromptRegistry.installed(tmp_path))
    assert found(detector) == {("Okonkwo", Identifier.PERSON)}
    assert model.requests[0].startswith(f"Who is named?\n{TEXT}")
    with pytest.raises(InputError, match=r"put detect/identifiers\.md into"):
        ModelDetector(model, prompts=PromptRegistry({}))


def test_a_model_sees_all_of_a_long_text_and_every_place_is_found() -> None:
    text = "Okonkwo came. " + "no change. " * 300 + "Seen by Oko\u200bnkwo, not by Okonkwos."
    model = ScriptedChatModel(
        function=lambda request: answer(("okonkwo", "PERSON")) if "Seen by" in request else answer()
    )
    places = [text[one.start : one.end] for one in ModelDetector(model).detect(text)]
    assert places == ["Okonkwo", "Oko\u200bnkwo"]
    assert len(model.requests) > 2


def test_no_part_of_a_long_text_ends_within_a_word() -> None:
    """A name that is cut is in the next part too, but a model may name its first half here."""
    model = ScriptedChatModel(default=answer())
    ModelDetector(model).detect(" ".join(f"w{number:05}" for number in range(1500)))
    assert len(model.requests) > 2
    for request in model.requests:
        assert {len(word) for word in re.findall(r"\bw\d*\b", request)[1:]} == {6}


@pytest.mark.parametrize(
    "said",
    [
        "",
        "no identifiers",
        '{"identifiers": [{"text": "a"}]}',
        '{"identifiers": [{"text": "Okonkwo", "kind": "CAT"}]}',
        "[]",
    ],
)
def test_a_model_that_answers_otherwise_fails_closed(said: str) -> None:
    with pytest.raises(BoundaryError) as caught:
        ModelDetector(ScriptedChatModel(default=said)).detect(TEXT)
    assert "Okonkwo" not in str(caught.value)


def test_a_model_that_fails_does_not_show_the_text() -> None:
    def fail(request: str) -> str:
        raise RuntimeError(request)

    with pytest.raises(BoundaryError, match="RuntimeError") as caught:
        ModelDetector(ScriptedChatModel(function=fail)).detect(TEXT)
    assert "Okonkwo" not in str(caught.value)


def test_a_model_that_hangs_fails_closed() -> None:
    def late(request: str) -> str:
        time.sleep(0.5)
        return answer()

    slow = ScriptedChatModel(function=late)
    with pytest.raises(BoundaryError, match="TimeoutError"):
        ModelDetector(slow, timeout=0.05).detect(TEXT)


def test_a_model_cannot_take_away() -> None:
    silent = ModelDetector(ScriptedChatModel(default=answer()))
    outcome = _boundary(PresidioDetector(), silent)
    assert not isinstance(outcome, Refusal)
    assert "Okonkwo" not in outcome.text


@pytest.mark.slow
def test_a_real_model_is_held_to_the_schema() -> None:
    file = Path(os.environ.get("BEDSIDE_WEIGHTS", "")) / "qwen-coder-0.5b.gguf"
    if not file.is_file():
        pytest.skip("no weights: set BEDSIDE_WEIGHTS (scripts/weights.py)")
    model = Endpoint.parse(f"gguf:{file},threads=1,context=2048").chat_model(timeout=60)
    text = "Seen with Mr. Okonkwo on 03/14/2024."
    assert "Okonkwo" in {text[one.start : one.end].split()[-1] for one in ModelDetector(model).detect(text)}


def test_both_keep_to_the_contract_of_a_detector() -> None:
    check_detector(PresidioDetector())
    check_detector(ModelDetector(ScriptedChatModel(default=answer(("Zebulon", "PERSON")))))


def _boundary(*detectors: PresidioDetector | ModelDetector) -> SealedText | Refusal:
    cases = MemoryCaseStore()
    case = cases.open([Document("note", "Chest pain.")])
    draft = Draft(template="test/ask", slots=(Narrative(text=TEXT.replace("blue-seven", "blue")),))
    return Boundary(cases, detectors, Vocabulary.installed()).release(draft, case, "consult:none")


def test_a_less_sure_find_of_the_same_characters_takes_nothing_from_a_surer_one() -> None:
    """GUARANTEE: recognizers only add: the surest of all finds of a span counts, whoever came last."""
    text = "Mr. Chidi T. Okonkwo is a 54 y/o M with chest pain."
    start = text.index("Chidi")
    sure = [found.score for found in PresidioDetector().detect(text) if found.start <= start < found.end]
    assert max(sure) >= 0.8
    cases = MemoryCaseStore()
    case = cases.open([Document("note", text)])
    boundary = Boundary(cases, [PresidioDetector()], Vocabulary.installed())
    assert "Chidi T. Okonkwo" in boundary.learned(case).known


def test_guarantee_a_boundary_without_bedsides_own_detector_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """A checkout that was updated and not installed anew knows only a stranger's detector: that is no boundary."""
    own = metadata.EntryPoint("alarm", f"{__name__}:Silent", "bedside.detectors")
    real = metadata.entry_points

    def points(*, group: str) -> metadata.EntryPoints:
        return metadata.EntryPoints([own]) if group == "bedside.detectors" else real(group=group)

    monkeypatch.setattr("bedside.plugins.entry_points", points)
    with pytest.raises(InputError, match="no 'presidio' among the detectors of identifiers"):
        Boundary.installed(MemoryCaseStore())


def test_a_detector_of_another_package_stands_beside_bedsides_own(monkeypatch: pytest.MonkeyPatch) -> None:
    real = metadata.entry_points

    def points(*, group: str) -> Any:
        found = real(group=group)
        own = metadata.EntryPoint("ward", f"{__name__}:WardNumbers", "bedside.detectors")
        return metadata.EntryPoints([*found, own]) if group == "bedside.detectors" else found

    monkeypatch.setattr("bedside.plugins.entry_points", points)
    assert [type(one).__name__ for one in installed_detectors()] == ["PresidioDetector", "WardNumbers"]


class Silent:
    """Finds nothing."""

    name = "silent"

    def detect(self, text: str) -> list[Any]:
        return []


class WardNumbers(Silent):
    """Stands for a hospital's own."""
