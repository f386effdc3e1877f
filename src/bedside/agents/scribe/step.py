"""The `write_fhir` and `result` nodes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from langgraph.runtime import Runtime

import bedside
from bedside.agents.coder import with_codes
from bedside.agents.scribe.bundle import DeviceInfo, write_bundle
from bedside.agents.scribe.images import Images
from bedside.agents.triager import Assessment
from bedside.errors import MissingExtraError
from bedside.flow import Services
from bedside.records import CaseResult, ClinicalRecord, Score
from bedside.tools.fhir import ResourceKind, read_guide, register
from bedside.tools.imaging import ImageDocument, read_studies
from bedside.tools.scores import NEWS2_ATTRIBUTION, News2

__all__ = ["result_step", "write_step", "writing"]


def writing(*kinds: ResourceKind) -> Callable[[dict[str, Any], Runtime[Services]], dict[str, Any]]:
    """Return a `write_fhir` node that also writes resources of one's own, from the channel `resources`.

    Args:
        kinds: The kinds of these resources, beside those that installed packages bring.

    Raises:
        InputError: Two kinds have one name.
    """
    for kind in kinds:
        register(kind)
    return write_step


def write_step(state: dict[str, Any], runtime: Runtime[Services]) -> dict[str, Any]:
    """Look up the codes that the user's sources know, and compile the bundle from grounded facts."""
    services = runtime.context
    record, not_coded = with_codes(state["record"], services.codes)
    version = f"{bedside.__version__} with {services.model_name}" if services.model_name else bedside.__version__
    written = write_bundle(
        record,
        state.get("assessment"),
        services.cases.documents(state["case"]),
        case=state["case"],
        recorded=datetime.now(UTC),
        device=DeviceInfo("Bedside", version),
        reviewer=state.get("reviewer") or "",
        edited={edit.target for edit in state.get("edits") or ()},
        images=_images(state, services),
        identifier_system=services.identifier_system,
        own=state.get("resources") or (),
        guide=read_guide(services.igs),
    )
    return {
        "record": record,
        "bundle": written.to_json(),
        "set_aside": list(written.set_aside),
        "not_done": not_coded,
    }


def _images(state: dict[str, Any], services: Services) -> Images:
    files = services.cases.images(state["case"])
    try:
        studies = read_studies([ImageDocument(name, data) for name, data in files.items()])
    except MissingExtraError:  # whoever was to look at them has said so
        studies = ()
    return Images(files, studies, state.get("image_report"))


def result_step(state: dict[str, Any]) -> dict[str, Any]:
    """Put together what a person is shown."""
    record: ClinicalRecord = state["record"]
    assessment: Assessment = state.get("assessment") or Assessment()
    warnings = [*assessment.warnings, *(state.get("warnings") or [])]
    if record.unverified:
        warnings.append(
            f"{len(record.unverified)} statements of the model have no support in note or tables: left out"
        )
    return {
        "result": CaseResult(
            case=state["case"],
            record=record,
            urgency=assessment.urgency,
            understood=assessment.understood if state.get("assessment") else None,
            reasons=assessment.reasons,
            news2=_score(assessment.news2) if assessment.news2 else None,
            incomplete=assessment.incomplete,
            asks=assessment.asks,
            decision_points=assessment.decision_points,
            ear=assessment.ear,
            doubts=assessment.doubts,
            advice=tuple(state.get("advice") or ()),
            disagreements=tuple(state.get("disagreements") or ()),
            searched=tuple(state.get("searched") or ()),
            warnings=tuple(dict.fromkeys(warnings)),
            not_done=tuple(dict.fromkeys(state.get("not_done") or ())),
            summary=tuple(state.get("summary") or ()),
            images=state.get("image_report"),
            bundle=state.get("bundle"),
            approver=state.get("approver") or "",
            reviewer=state.get("reviewer") or "",
            edits=tuple(state.get("edits") or ()),
            set_aside=tuple(state.get("set_aside") or ()),
        )
    }


def _score(score: News2) -> Score:
    return Score(
        name="NEWS2",
        total=score.total,
        low=score.range[0],
        high=score.range[1],
        risk=(score.risk or score.risk_at_least).value,
        missing=score.missing,
        parts=dict(score.parts),
        attribution=NEWS2_ATTRIBUTION,
    )
