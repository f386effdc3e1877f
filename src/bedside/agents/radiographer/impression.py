"""The impression: a few sentences over the findings, which may name nothing else."""

from __future__ import annotations

from collections.abc import Sequence

from langchain_core.language_models import BaseChatModel
from pydantic import BaseModel, ConfigDict, Field

from bedside.boundary import PromptTemplate, plain
from bedside.models import structured
from bedside.records import ImageFinding
from bedside.tools.terminology import Domain, find_concepts

__all__ = ["line_of", "strangers", "write_impression"]

CLINICAL = frozenset({Domain.PROBLEM, Domain.SYMPTOM})


class Impression(BaseModel):
    """What a model makes of the findings."""

    model_config = ConfigDict(extra="forbid")
    impression: str = Field(max_length=400)


async def write_impression(
    model: BaseChatModel, template: PromptTemplate, findings: Sequence[ImageFinding], *, timeout: float
) -> str:
    """Ask a model to sum up the findings. It is not shown the pictures again: it may not see anything new.

    Args:
        model: Any local model.
        template: The prompt, with the field `findings`.
        findings: At least one.
        timeout: Seconds.

    Raises:
        ModelError: It did not answer, or not under the schema.
    """
    lines = "\n".join(plain(line_of(finding)) for finding in findings)
    answer = await structured(model, template.fill({"findings": lines}), Impression, timeout=timeout)
    return " ".join(answer.impression.split())


def line_of(finding: ImageFinding) -> str:
    """A finding as one line of prose."""
    where = " ".join(part for part in (finding.laterality, finding.location) if part)
    return f"{finding.finding}{f', {where}' if where else ''} ({finding.certainty})"


def strangers(impression: str, findings: Sequence[ImageFinding]) -> tuple[str, ...]:
    """Conditions that an impression names and no finding does, as far as the code tables know them.

    One that is said to be absent is one of them too: no finding says so.
    """
    listed = " \n ".join(f"{finding.finding} \n {line_of(finding)}" for finding in findings)
    known = {match.concept.key for match in find_concepts(listed) if match.concept.domain in CLINICAL}
    found = [match.concept for match in find_concepts(impression) if match.concept.domain in CLINICAL]
    return tuple(dict.fromkeys(one.display for one in found if one.key not in known))
