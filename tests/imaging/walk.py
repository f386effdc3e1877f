"""A case with images through a graph, with a scripted model that sees."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from bedside.agents import radiographer, transcriber
from bedside.boundary import Boundary, PromptRegistry, Vocabulary
from bedside.boundary.prompts import _installed_folders
from bedside.flow import ClinicalGraph, Services
from bedside.models import ScriptedChatModel
from bedside.models.profiles import profile_for
from bedside.persistence import CaseStore, Document, ImageFile, MemoryCaseStore
from bedside.records import CaseResult
from bedside.tools.fhir import Severity, validate
from bedside.tools.imaging import header_words
from tests.conftest import NameDetector

__all__ = ["finding", "findings", "prompts", "resources", "seeing", "services_over", "walk"]


def prompts() -> PromptRegistry:
    """All prompts of the package, whether its entry points are installed already or not."""
    return PromptRegistry.from_folders(*_installed_folders(), Path(radiographer.PROMPTS), Path(transcriber.PROMPTS))


def seeing(answers: Callable[[str], str] | str) -> ScriptedChatModel:
    """A scripted model of MedGemma's family; a text answers every question."""
    model = ScriptedChatModel(default=answers) if isinstance(answers, str) else ScriptedChatModel(function=answers)
    return model.model_copy(update={"family": profile_for("medgemma")})


def finding(name: str, **more: Any) -> dict[str, Any]:
    """One finding as a model writes it."""
    usual = {"location": "lower lobe", "laterality": "left", "certainty": "probable", "picture": "picture 1"}
    return {"finding": name, **usual, "box": [500, 600, 900, 900], **more}


def findings(*them: dict[str, Any]) -> str:
    """An answer with these findings."""
    return json.dumps({"findings": them})


def services_over(cases: CaseStore, model: Any, **services: Any) -> Services:
    """Services with this local model, and a boundary that reads headers."""
    boundary = Boundary(cases, [NameDetector()], Vocabulary([]), headers=[header_words])
    return Services(cases=cases, boundary=boundary, model=model, model_name="scripted", **services)


async def walk(
    build: Callable[[], ClinicalGraph],
    files: Sequence[Document | ImageFile],
    model: Any = None,
    **services: Any,
) -> tuple[CaseResult, MemoryCaseStore]:
    """Open a case, run the graph, and hold its bundle to R4 and US Core."""
    cases = MemoryCaseStore()
    case = cases.open(files)
    context = services_over(cases, model, **services)
    output = await build().compile(prompts=prompts()).ainvoke({"case": case}, context=context)
    result = output["result"]
    assert isinstance(result, CaseResult)
    bundle = json.loads(result.bundle or "")
    errors = [one for one in validate(bundle, profiles="us-core") if one.severity is Severity.ERROR]
    assert not errors, errors
    return result, cases


def resources(result: CaseResult, kind: str) -> list[dict[str, Any]]:
    """The resources of a type in a result's bundle."""
    entries = json.loads(result.bundle or "")["entry"]
    return [one["resource"] for one in entries if one["resource"]["resourceType"] == kind]
