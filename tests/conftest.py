"""Shared doubles. All clinical text in the tests is synthetic unless its source is named."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from bedside.boundary import Boundary, Detection, Draft, Heading, Identifier, Narrative, Vocabulary
from bedside.boundary.drafts import Coded
from bedside.flow import Services
from bedside.models import Endpoint
from bedside.persistence import Document, MemoryCaseStore
from bedside.records import CaseId

SECRET = "Zebulon"  # synthetic: the patient's name in every note of the flow tests


@dataclass
class NameDetector:
    """Finds the one name of the flow tests; the real detectors have tests of their own."""

    name: str = "test-name"

    def detect(self, text: str) -> Sequence[Detection]:
        start = text.find(SECRET)
        if start < 0:
            return []
        return [Detection(start, start + len(SECRET), Identifier.PERSON, 1.0, self.name, "the known name")]


class Bench:
    """A case store, a boundary and services over them, with one open case."""

    def __init__(self, consult: Endpoint | None = None) -> None:
        self.cases = MemoryCaseStore()
        vocabulary = Vocabulary(["chest pain", "hypertension"], words=["text", "present", "reports", "patient"])
        self.boundary = Boundary(self.cases, [NameDetector()], vocabulary)
        self.services = Services(cases=self.cases, boundary=self.boundary, consult=consult)
        self.case = self.open()

    def open(self) -> CaseId:
        return self.cases.open([Document("note", f"{SECRET} reports chest pain.")])

    def draft(self, display: str = "chest pain", template: str = "test/ask") -> Draft:
        return Draft(template=template, slots=(Coded(heading=Heading.PRESENT, display=display),))

    def narrative(self, text: str) -> Draft:
        return Draft(template="test/ask", slots=(Narrative(text=text),))


@pytest.fixture
def bench() -> Bench:
    return Bench()
