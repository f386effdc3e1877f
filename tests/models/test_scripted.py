"""`scripted:` the public double: it answers from a table or a function, and remembers."""

from __future__ import annotations

from pathlib import Path

import pytest

from bedside.errors import EndpointError
from bedside.models import Endpoint, ScriptedChatModel


def test_it_answers_from_its_table_and_remembers() -> None:
    model = ScriptedChatModel(table=(("chest", "ACS"), (".ough", "?")), default="none")
    assert [model.invoke(text).text for text in ("chest pain", "cough", "fever")] == ["ACS", "?", "none"]
    assert model.requests == ("chest pain", "cough", "fever")


@pytest.mark.parametrize("content", [None, "{", '{"a": 1}', '[{"contains": "x"}]'])
def test_a_broken_table_of_answers_is_an_error_with_the_form(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "answers.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(EndpointError, match="JSON list"):
        Endpoint.parse(f"scripted:{path}").chat_model(timeout=1)


def test_the_answers_files_of_the_examples_are_of_the_right_form() -> None:
    paths = list(Path(__file__).parents[2].glob("examples/**/*.answers.json"))
    assert paths
    for path in paths:
        model = Endpoint.parse(f"scripted:{path}").chat_model(timeout=1)
        assert isinstance(model, ScriptedChatModel)
        assert model.table
