"""The local model as a third voice: it raises by words of the note, and lowers nothing. Synthetic notes."""

from __future__ import annotations

import json

import pytest

from bedside.graphs import triage
from bedside.models import ScriptedChatModel
from tests.agents.test_model_reader import read

CALM = "34M, cough since Monday. His fingers look like plums this hour."
GRAVE = "62M crushing chest pain with sweating since noon."
EMPTY = json.dumps({"items": []})


def says(urgency: int, quote: str) -> ScriptedChatModel:
    """A model that reads nothing and has an opinion."""
    voice = json.dumps({"quote": quote, "why": "The limb may be losing its blood", "urgency": urgency})
    return ScriptedChatModel(table=(("how soon the patient", voice),), default=EMPTY)


async def test_it_raises_by_words_of_the_note() -> None:
    result = await read("", triage, CALM, model=says(2, "look like plums"), ear=None)
    assert result.urgency == 2
    reason = result.reasons[0]
    assert (reason.code, reason.source) == ("voice", "local model scripted")
    (span,) = reason.evidence
    assert CALM[span.start : span.end] == "look like plums"
    assert any(name.startswith("triage/urgency") for name in result.record.prompts)


async def test_what_it_quotes_and_the_note_does_not_say_raises_nothing() -> None:
    result = await read("", triage, CALM, model=says(1, "pulseless limb"), ear=None)
    assert result.urgency == 4
    assert any("quotes nothing that stands in note: not raised" in warning for warning in result.warnings)


@pytest.mark.parametrize("urgency", [2, 3, 4, 5])
async def test_guarantee_the_local_model_lowers_no_urgency(urgency: int) -> None:
    result = await read("", triage, GRAVE, model=says(urgency, "62M"), ear=None)
    assert result.urgency == 2
    assert "voice" not in {reason.code for reason in result.reasons}


async def test_nonsense_is_told_and_changes_nothing() -> None:
    result = await read("", triage, CALM, model=ScriptedChatModel(default=EMPTY), ear=None)
    assert result.urgency == 4
    assert any("did not say how urgent note is" in line for line in result.not_done)


async def test_the_built_in_reader_alone_asks_nobody() -> None:
    result = await read("", triage, CALM, model=says(1, "look like plums"), ear=None, reader="builtin")
    assert result.urgency == 4
