"""A model is shown a grey square before any picture of a patient: one that passes over it gets none."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.runnables import Runnable, RunnableLambda

from bedside.agents.radiographer.sight import UNCHECKED, UNKNOWN
from bedside.flow import ClinicalGraph
from bedside.graphs import compare_images, image_report, lab_page
from bedside.persistence import ImageFile
from tests.imaging.synthetic import lab_page as page
from tests.imaging.synthetic import png, sample
from tests.imaging.walk import findings, walk

SCAN = ImageFile("scan", sample("CT_small.dcm"))
ROW = json.dumps({"rows": [{"analyte": "Potassium", "value": "4.1", "unit": "mmol/L", "range": "", "flag": ""}]})


class SomebodysModel(BaseChatModel):
    """Somebody's own chat model, that counts a prompt's tokens in its own way."""

    count: Callable[[bool], int | None]
    answer: str = ""
    probes: list[bool] = []  # noqa: RUF012  # pydantic copies it
    asked: list[Any] = []  # noqa: RUF012

    @property
    def _llm_type(self) -> str:
        return "somebody's"

    def _generate(self, messages: list[BaseMessage], *args: Any, **kwargs: Any) -> ChatResult:
        shown = any(isinstance(part, dict) and part["type"] == "image" for part in messages[0].content)
        self.probes.append(shown)
        tokens = self.count(shown)
        usage = None if tokens is None else {"input_tokens": tokens, "output_tokens": 1, "total_tokens": tokens + 1}
        return ChatResult(generations=[ChatGeneration(message=AIMessage("grey", usage_metadata=usage))])

    def with_structured_output(self, schema: Any, **kwargs: Any) -> Runnable[Any, Any]:
        def answer(messages: Any) -> Any:
            self.asked.append(messages)
            return schema.model_validate_json(self.answer)

        return RunnableLambda(answer)


def refusing(shown: bool) -> int:
    if shown:
        raise ValueError("Zebulon")
    return 9


@pytest.mark.parametrize("count", [lambda shown: 9, refusing])
@pytest.mark.parametrize(
    ("build", "pictures"),
    [
        (image_report.build, [SCAN]),
        (compare_images.build, [ImageFile(name, png(page(300, 400))) for name in ("prior", "current")]),
        (lab_page.build, [ImageFile("labs", png(page(600, 800, lines=5)))]),
    ],
)
async def test_a_model_that_passes_over_a_picture_is_shown_none_of_the_patient(
    build: Callable[[], ClinicalGraph], pictures: list[ImageFile], count: Callable[[bool], int]
) -> None:
    model = SomebodysModel(count=count)
    result, _ = await walk(build, pictures, model, reader="builtin")
    (reason,) = result.not_done
    assert "was shown a picture and did not see it; name one that sees" in reason
    assert model.probes == [False, True]
    assert model.asked == []


async def test_a_model_that_sees_is_probed_once_for_all_cases() -> None:
    model = SomebodysModel(count=lambda shown: 265 if shown else 9, answer=findings())
    for _ in range(2):
        result, _ = await walk(image_report.build, [SCAN], model, reader="builtin")
        assert result.not_done == ()
        assert result.warnings[0] == UNCHECKED
        assert UNKNOWN not in result.warnings
    assert model.probes == [False, True]
    assert len(model.asked) == 2


async def test_where_nobody_counts_it_is_said_to_be_unknown() -> None:
    for build, file, answer in (
        (image_report.build, SCAN, findings()),
        (lab_page.build, ImageFile("labs", png(page(600, 800, lines=5))), ROW),
    ):
        model = SomebodysModel(count=lambda shown: None, answer=answer)
        result, _ = await walk(build, [file], model, reader="builtin")
        assert UNKNOWN in result.warnings
