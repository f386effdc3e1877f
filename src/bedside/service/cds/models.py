"""Requests, cards and feedback of CDS Hooks 2.0, as HL7's specification has them.

What a specification leaves open stays open here (extensions, further hooks' contexts); what it requires is checked,
since a wrong patient id in a request is a wrong patient.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

__all__ = [
    "Action", "Card", "Cards", "Feedback", "FhirAuthorization", "HookRequest", "Link", "Service", "Services",
    "Source", "Suggestion",
]  # fmt: skip

FhirId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9\-.]{1,64}$")]
"""A bare id: `Patient/123` is a reference, and none."""

_USERS = "Practitioner|PractitionerRole|Patient|RelatedPerson"
User = Annotated[str, StringConstraints(pattern=rf"^({_USERS})/[A-Za-z0-9\-.]{{1,64}}$")]
Reference = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Za-z]{1,40}/[A-Za-z0-9\-.]{1,64}$")]


def _http(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username:
        raise ValueError("no http(s) URL")
    return url


def _resource(value: dict[str, Any] | None) -> dict[str, Any] | None:
    if value is not None and not isinstance(value.get("resourceType"), str):
        raise ValueError("no FHIR resource")
    return value


def _bundle(value: dict[str, Any]) -> dict[str, Any]:
    entries = value.get("entry", [])
    whole = value.get("resourceType") == "Bundle" and isinstance(entries, list)
    if not whole or any(not isinstance(one, dict) or "resource" not in one for one in entries):
        raise ValueError("no Bundle of resources")
    return value


Url = Annotated[str, Field(max_length=2_000), AfterValidator(_http)]
Resource = Annotated[dict[str, Any] | None, AfterValidator(_resource)]
Bundle = Annotated[dict[str, Any], AfterValidator(_bundle)]


class _Given(BaseModel):
    """A record's input: unknown fields are extensions, and passed over."""

    model_config = ConfigDict(extra="ignore", strict=False)


class FhirAuthorization(_Given):
    """Access to the record that its caller grants for this request."""

    access_token: Annotated[str, StringConstraints(pattern=r"^[\x21-\x7e]{1,8000}$")] = Field(repr=False)
    token_type: Literal["Bearer"]
    expires_in: int = Field(ge=0)
    scope: str
    subject: str
    patient: FhirId | None = None


class PatientView(_Given):
    """The context of `patient-view`: a clinician opens a patient's chart."""

    userId: User
    patientId: FhirId
    encounterId: FhirId | None = None


class EncounterStart(PatientView):
    """The context of `encounter-start`."""

    encounterId: FhirId


class OrderSign(PatientView):
    """The context of `order-sign`."""

    draftOrders: Bundle


class OrderSelect(PatientView):
    """The context of `order-select`: some of the draft orders were just chosen."""

    selections: list[Reference] = Field(min_length=1)
    draftOrders: Bundle | None = None
    """The specification requires it; HL7's own example of extensions leaves it out."""

    @model_validator(mode="after")
    def _chosen_of_these(self) -> OrderSelect:
        if self.draftOrders is None:
            return self
        drafts = [one["resource"] for one in self.draftOrders.get("entry", [])]
        known = {f"{one.get('resourceType')}/{one.get('id')}" for one in drafts if isinstance(one, dict)}
        if not set(self.selections) <= known:
            raise ValueError("a selection is no draft order")
        return self


CONTEXTS: dict[str, type[PatientView]] = {
    "patient-view": PatientView,
    "encounter-start": EncounterStart,
    "order-select": OrderSelect,
    "order-sign": OrderSign,
}


class HookRequest(_Given):
    """A record's request when one of its hooks fires."""

    hook: Annotated[str, StringConstraints(pattern=r"^[a-z]+(-[a-z]+)*$", max_length=60)]
    hookInstance: UUID
    fhirServer: Url | None = None
    fhirAuthorization: FhirAuthorization | None = None
    context: dict[str, Any]
    prefetch: dict[str, Resource] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _context_of_hook(self) -> HookRequest:
        if form := CONTEXTS.get(self.hook):
            form.model_validate(self.context)
        if self.fhirAuthorization and not self.fhirServer:
            raise ValueError("access is granted to no server")
        return self

    @property
    def patient(self) -> str:
        """The id of the patient whom it is about."""
        return str(self.context.get("patientId", ""))


class _Made(_Given):
    """This server's output."""


class Link(_Made):
    """A link of a card."""

    label: str = Field(min_length=1)
    url: Url
    type: Literal["absolute", "smart"] = "absolute"
    appContext: str | None = None


class Source(_Made):
    """The source of a card's statements."""

    label: str = Field(min_length=1)
    url: Url | None = None


class Action(_Made):
    """A suggestion's effect in the record, if the clinician accepts it."""

    type: Literal["create", "update", "delete"]
    description: str
    resource: dict[str, Any] | None = None


class Suggestion(_Made):
    """Something that a clinician may accept with one click. Nothing is done without it."""

    label: str = Field(min_length=1)
    uuid: str | None = None
    isRecommended: bool | None = None
    actions: list[Action] = Field(default_factory=list)


class Card(_Made):
    """A card."""

    summary: str = Field(min_length=1)
    indicator: Literal["info", "warning", "critical"]
    source: Source
    uuid: str | None = None
    detail: str | None = None
    suggestions: list[Suggestion] | None = None
    selectionBehavior: Literal["at-most-one", "any"] | None = None
    links: list[Link] | None = None

    @model_validator(mode="after")
    def _how_to_choose(self) -> Card:
        if self.suggestions and not self.selectionBehavior:
            raise ValueError("suggestions need a selectionBehavior")
        return self


class Cards(_Made):
    """The answer to a request."""

    cards: list[Card]
    systemActions: list[Action] | None = None


class Service(_Made):
    """A service as discovery lists it."""

    hook: str
    description: str
    id: str
    title: str | None = None
    prefetch: dict[str, str] | None = None
    usageRequirements: str | None = None


class Services(_Made):
    """The answer of discovery."""

    services: list[Service]


class Outcome(_Given):
    """A clinician's response to one card."""

    card: Annotated[str, StringConstraints(pattern=r"^[0-9a-fA-F\-]{36}$")]
    outcome: Literal["accepted", "overridden"]
    outcomeTimestamp: datetime
    acceptedSuggestions: list[dict[str, Any]] | None = None
    overrideReason: dict[str, Any] | None = None

    @model_validator(mode="after")
    def _what_was_accepted(self) -> Outcome:
        if self.outcome == "accepted" and not self.acceptedSuggestions:
            raise ValueError("an accepted card names its suggestions")
        return self


class Feedback(_Given):
    """Feedback on cards."""

    feedback: list[Outcome] = Field(min_length=1, max_length=200)
