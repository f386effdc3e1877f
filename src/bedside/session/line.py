"""A result as a line of JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic_core import to_jsonable_python

from bedside.boundary import Egress, by_question
from bedside.records import CaseResult, Fact, Searched
from bedside.session.done import Done

__all__ = ["egress_of", "has_left", "json_of", "line_of", "without_code"]


def line_of(done: Done, result: CaseResult) -> dict[str, Any]:
    """Return the JSON of one note. `facts[].text` is `note[start:end]`; what left is from the egress record."""
    note, gate = done.note, by_question(done.egress)
    return {
        "id": note.id,
        "urgency": result.urgency,
        "understood": result.understood,
        "reasons": [to_jsonable_python(reason) for reason in result.reasons],
        "news2": to_jsonable_python(result.news2),
        "incomplete": list(result.incomplete),
        "asks": [to_jsonable_python(one) for one in result.asks],
        "decision_points": [to_jsonable_python(one) for one in result.decision_points],
        "doubts": [to_jsonable_python(one) for one in result.doubts],
        "ear": to_jsonable_python(result.ear),
        "prompts": list(result.record.prompts),
        "kinds": {name: kind.value for name, kind in result.record.kinds.items()},
        "facts": [_fact(fact, note.quote(fact.evidence)) for fact in result.record.facts],
        "questions": [
            {
                "template": one.template,
                "text": gate[one.question].text if one.question in gate else one.prompt,
                "round": one.round,
                "sent": has_left(gate.get(one.question)),
                "destination": one.destination,
                "inside": one.inside,
                "facts": list(one.facts),
                "withheld": [{"fact": fact, "why": why} for fact, why in one.withheld],
            }
            for one in result.advice
        ],
        "answers": [
            {
                "template": one.template,
                "round": one.round,
                "outcome": one.outcome,
                "text": one.answer,
                "claims": [to_jsonable_python(claim) for claim in one.claims],
                "urgency": one.urgency,
                "needs": one.needs,
            }
            for one in result.advice
            if has_left(gate.get(one.question))
        ],
        "disagreements": [to_jsonable_python(one) for one in result.disagreements],
        "searches": [_searched(one, has_left(done.query(one))) for one in result.searched],
        "egress": egress_of(done.egress),
        "read_by": done.reader or "builtin",
        "issues": [
            {
                "code": issue.code,
                "message": issue.message,
                "severity": issue.severity,
                "facts": list(issue.facts),
                "texts": [note.quote(span) for span in (issue.against, issue.evidence) if span is not None],
            }
            for issue in result.record.issues
        ],
        "unread": [note.quote(span) for span in result.record.unread],
        "clinical_sentences": result.record.clinical_sentences,
        "summary": [to_jsonable_python(sentence) for sentence in result.summary],
        "images": to_jsonable_python(result.images),
        "transcribed": [to_jsonable_python(one) for one in result.record.transcribed],
        "warnings": list(result.warnings),
        "not_done": list(result.not_done),
        "without_code": without_code(result),
        "output": json_of(done.results),
        "set_aside": [{"fact": fact, "reason": reason} for fact, reason in result.set_aside],
    }


def _searched(one: Searched, sent: bool) -> dict[str, Any]:
    return {
        "template": one.template,
        "query": one.query,
        "sent": sent,
        "destination": one.destination,
        "outcome": one.outcome,
        "hits": [{"host": hit.host, **to_jsonable_python(hit)} for hit in one.hits],
    }


def _fact(fact: Fact, quote: str) -> dict[str, Any]:
    data: dict[str, Any] = to_jsonable_python(fact, exclude={"evidence", "quantity"})
    data |= {
        "text": quote,
        "document": fact.evidence.document,
        "start": fact.evidence.start,
        "end": fact.evidence.end,
        "value": str(fact.quantity.value) if fact.quantity else fact.text_value,
        "unit": fact.quantity.unit if fact.quantity else None,
    }
    del data["text_value"]
    return data


def has_left(egress: Egress | None) -> bool:
    """True if a prompt was handed to the transport, by the record."""
    return egress is not None and egress.left


def egress_of(record: Sequence[Egress]) -> list[dict[str, Any]]:
    """The record as JSON."""
    return [
        {
            "question": one.question,
            "template": one.template,
            "destination": one.destination,
            "inside": one.inside,
            "sent": one.left,
            "at": one.at.isoformat(),
            "text": one.text,
            "sample": one.sample,
            "approver": one.approver,
            "outcome": one.outcome or "unknown",
        }
        for one in record
    ]


def json_of(results: Mapping[str, Any]) -> dict[str, Any]:
    """Return results as JSON, by channel."""
    return {name: to_jsonable_python(value, fallback=str) for name, value in results.items()}


def without_code(result: CaseResult) -> list[str]:
    """The names of the drugs and allergens that no source of codes knows, each once."""
    return list(dict.fromkeys(fact.display for fact in result.record.uncoded()))
