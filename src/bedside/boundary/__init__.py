"""The boundary: the one place where text is released, and the proof that it was."""

from bedside.boundary.alphabet import outside, released_form, visible
from bedside.boundary.budget import Budget
from bedside.boundary.deidentify import Deidentified, Hidden, Style, deidentify, export_check, reidentify
from bedside.boundary.detection import Detection, Detector, Identifier
from bedside.boundary.drafts import (
    AgeBand,
    Coded,
    Draft,
    Heading,
    Measured,
    Narrative,
    RelativeDay,
    Remark,
    Sex,
    Slot,
    Stayed,
    Withheld,
)
from bedside.boundary.egress import Egress, by_question, why_not
from bedside.boundary.headers import HeaderReader, HeaderWords
from bedside.boundary.prompts import Prompt, PromptRegistry, PromptTemplate, plain
from bedside.boundary.release import Boundary, Refusal, RefusalReason, VaultSource
from bedside.boundary.seals import Outcome, RemoteText, SealedText, SealKey
from bedside.boundary.vault import Approval, Vault
from bedside.boundary.vocabulary import Terms, Vocabulary

__all__ = [
    "AgeBand",
    "Approval",
    "Boundary",
    "Budget",
    "Coded",
    "Deidentified",
    "Detection",
    "Detector",
    "Draft",
    "Egress",
    "HeaderReader",
    "HeaderWords",
    "Heading",
    "Hidden",
    "Identifier",
    "Measured",
    "Narrative",
    "Outcome",
    "Prompt",
    "PromptRegistry",
    "PromptTemplate",
    "Refusal",
    "RefusalReason",
    "RelativeDay",
    "Remark",
    "RemoteText",
    "SealKey",
    "SealedText",
    "Sex",
    "Slot",
    "Stayed",
    "Style",
    "Terms",
    "Vault",
    "VaultSource",
    "Vocabulary",
    "Withheld",
    "by_question",
    "deidentify",
    "export_check",
    "outside",
    "plain",
    "reidentify",
    "released_form",
    "visible",
    "why_not",
]
