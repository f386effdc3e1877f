"""A local chat model as an additional detector: it may add candidates, and never removes any."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.resources import files
from typing import TYPE_CHECKING, Literal

import regex
from pydantic import BaseModel, ConfigDict, Field

from bedside.boundary.detection import Detection, Identifier
from bedside.boundary.detectors.normalize import Normalized, normalize
from bedside.boundary.prompts import PromptRegistry, plain
from bedside.errors import BedsideError, BoundaryError, InputError
from bedside.tracing import refuse_tracing

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

__all__ = ["ModelDetector"]

PART = 1_200
"""The characters of a text that a model is shown at once: a small model does better on little."""

OVERLAP = 120
"""The characters that two neighbouring parts share, so that no identifier is cut in two unseen."""

SCORE = 0.5
"""The score of a model's finding: it is hidden, but not taken as knowledge about the case."""

PROMPTS = str(files("bedside.boundary.detectors").joinpath("prompts"))
"""The folder of the detector's template; the entry point `bedside.prompts` names it."""

TEMPLATE = "detect/identifiers"


class _Candidate(BaseModel):
    model_config = ConfigDict(extra="forbid")
    text: str = Field(max_length=200)
    kind: Literal[
        "PERSON",
        "PLACE",
        "FACILITY",
        "DATE",
        "AGE",
        "PHONE",
        "EMAIL",
        "URL",
        "IP_ADDRESS",
        "SSN",
        "RECORD_NUMBER",
        "OTHER_NUMBER",
    ]


class _Answer(BaseModel):
    model_config = ConfigDict(extra="forbid")
    identifiers: list[_Candidate] = Field(max_length=200)


class ModelDetector:
    """A detector that asks a chat model inside, and reports those identifiers that verifiably occur in the text.

    Add it beside the built-in detector: `Boundary(detectors=[PresidioDetector(), ModelDetector(model)], …)`. The union
    of both counts, so a model that misses something, or that a note talks into silence, costs nothing.

    Args:
        model: A chat model **inside**: it is shown the whole text as it is. It is asked by
            `with_structured_output`, so that each model is held to the schema in its own way.
        timeout: Seconds for one part of the text.
        prompts: The templates with `detect/identifiers`; by default those that come along.

    Raises:
        InputError: There is no such prompt.
    """

    name: str = "model"

    def __init__(
        self, model: BaseChatModel, *, timeout: float = 120.0, prompts: PromptRegistry | None = None
    ) -> None:
        family = getattr(getattr(model, "family", None), "name", "")
        known = PromptRegistry.installed() if prompts is None else prompts
        template = known.choose(TEMPLATE, family)
        if template is None:
            raise InputError(
                f"there is no prompt template {TEMPLATE}; put {TEMPLATE}.md into the folder of prompts"
            )
        self._template = template
        self._model = model.with_structured_output(_Answer)
        self._timeout = timeout

    def detect(self, text: str) -> Sequence[Detection]:
        """Find what the model names: each place where it occurs as whole words, letter case and blanks aside.

        Raises:
            BoundaryError: No answer, or one of another form. The message holds nothing of either.
            PrivacyFlowError: A tracer would watch.
        """
        refuse_tracing()
        normal = normalize(text)
        found = {
            (start, end): Detection(start, end, kind, SCORE, self.name, "named by the local model")
            for part in _parts(normal.text)
            for candidate in self._ask(part).identifiers
            for start, end in _places(normal, candidate.text)
            for kind in (Identifier(candidate.kind),)
        }
        return list(found.values())

    def _ask(self, part: str) -> _Answer:
        pool = ThreadPoolExecutor(1, thread_name_prefix="bedside-model-detector")
        try:
            answer = pool.submit(self._model.invoke, self._template.fill({"text": plain(part)})).result(
                self._timeout
            )
        except BedsideError as error:
            raise BoundaryError(f"the model gave no list of identifiers: {error}") from None
        except Exception as error:  # a transport's exception may quote the request
            raise BoundaryError(f"the model gave no list of identifiers: {type(error).__name__}") from None
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
        if not isinstance(answer, _Answer):
            raise BoundaryError("the model gave no list of identifiers")
        return answer


def _parts(text: str) -> Iterator[str]:
    """Yield overlapping pieces of a text, cut at blanks where there are any."""
    start = 0
    while text[start:].strip():
        end = min(start + PART, len(text))
        if end < len(text):
            blank = max(text.rfind(" ", start + PART // 2, end), text.rfind("\n", start + PART // 2, end))
            end = blank if blank > start else end
        yield text[start:end]
        if end == len(text):
            return
        start = end - OVERLAP


def _places(normal: Normalized, candidate: str) -> Iterator[tuple[int, int]]:
    """Yield the places of a candidate in the text. A lone letter or digit is none: it occurs everywhere."""
    words = normalize(candidate).text.replace("‹", "<").replace("›", ">").split()
    if sum(character.isalnum() for word in words for character in word) < 2:
        return
    form = r"\s+".join(regex.escape(word) for word in words)
    for match in regex.finditer(rf"(?<!\w){form}(?!\w)", normal.text, regex.IGNORECASE):
        yield normal.back(*match.span())
