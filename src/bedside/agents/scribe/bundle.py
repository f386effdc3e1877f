"""The bundle: from a record and its assessment to one FHIR R4 transaction."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bedside.agents.scribe.images import Images, image_identity, write_images
from bedside.agents.scribe.people import birth_date, human_name, quote
from bedside.agents.scribe.provenance import FromImages, Making, Trail
from bedside.agents.triager import Assessment
from bedside.errors import InputError
from bedside.records import (
    MAY_HOLD,
    Assertion,
    ClinicalRecord,
    Evidence,
    Fact,
    FactKind,
    OwnResource,
    PageRegion,
    without_repeats,
)
from bedside.tools import fhir
from bedside.tools.fhir import JSON, Context, Guide, Identity, NotWritten, Resource

__all__ = ["BundleResult", "DeviceInfo", "write_bundle"]

PRESSURES = frozenset({"systolic-blood-pressure", "diastolic-blood-pressure"})
TAGGED = frozenset({"FamilyMemberHistory", "Provenance", "RiskAssessment"})
"""Types found by a tag: R4 gives Provenance no identifier, and small servers do not search the others by theirs."""
ENTRY = re.compile(r"Bundle\.entry\[(\d+)\]\.?(?:resource\.?)?")
CRITICAL = 2
"""Urgencies up to this one are critical (1 immediate, 2 emergency)."""
MOST_FOUND = 4
"""Findings that a flag names."""
READ_OFF = "Read off a picture by a model. Nobody has checked it against the page."


@dataclass(frozen=True, slots=True)
class DeviceInfo:
    """The software behind the bundle: name, and version with model and quantisation if any."""

    name: str
    version: str


@dataclass(frozen=True, slots=True)
class BundleResult:
    """A transaction and what did not enter it.

    Attributes:
        bundle: A FHIR Bundle. Numbers are `Decimal`, so that the note's digits survive: write it with
            `to_json`, for `json.dumps` refuses them.
        set_aside: Id of a fact or of an image's finding (or "patient", "encounter", "software", "document",
            "image", "study", "image report", "news2", "urgency", "provenance") and why it has no resource.
    """

    bundle: Resource
    set_aside: tuple[tuple[str, str], ...]

    def to_json(self) -> str:
        """The bundle as JSON text."""
        return fhir.to_json(self.bundle)


def write_bundle(
    record: ClinicalRecord,
    assessment: Assessment | None,
    documents: Mapping[str, str],
    *,
    case: str,
    recorded: datetime,
    device: DeviceInfo,
    reviewer: str = "",
    edited: Collection[str] = (),
    images: Images | None = None,
    identifier_system: str = "",
    own: Sequence[OwnResource] = (),
    guide: Guide | None = None,
) -> BundleResult:
    """Compile a transaction Bundle from the grounded facts of a record.

    The bundle is validated, as R4 and as US Core 7.0.0. What is invalid is set aside with the reason, and the
    bundle is written anew without it, so that nothing refers to what is not there; the rest is delivered. Every
    create is conditional on a deterministic identifier: posting the bundle again, after a time-out for instance,
    creates nothing twice. Identifiers hang on the case handle and on the text, place and kind of each fact.

    Args:
        record: Facts with evidence. What is unverified in it is not written.
        assessment: Makes the encounter a triage, and adds NEWS2 and the urgency.
        documents: Texts by document id.
        case: The case's random handle. Two cases never share a patient, even if their notes are equal.
        recorded: When the bundle is made, with its offset.
        device: The software.
        reviewer: Who confirmed the result, as named in each Provenance; empty where nobody did.
        edited: Ids of the facts, or "urgency", that the reviewer changed.
        images: The images of the case with what a model said of them.
        identifier_system: System of the resources' identifiers, an absolute URI; empty for Bedside's own.
        own: Resources of the graph's own, each of a kind that is known.
        guide: Implementation guides to whose profiles the bundle is held, where a resource claims one.

    Raises:
        InputError: `recorded` has no offset.
    """
    if recorded.tzinfo is None:
        raise InputError("recorded needs an offset from UTC: pass datetime.now(UTC).")
    system = identifier_system or fhir.IDENTIFIER_SYSTEM
    context = Context(
        patient=Identity.of(case, "Patient", system=system),
        encounter=Identity.of(case, "Encounter", system=system),
        software=Identity.of("Device", device.name, device.version, system=system),
        recorded=recorded.isoformat(timespec="seconds"),
        visited=record.visited,
        confirmed=bool(reviewer),
    )
    refused: dict[str, str] = {}
    while True:
        pictures = images or Images()
        scribe = _Scribe(record, documents, case, context, reviewer, frozenset(edited), refused, pictures.files)
        scribe.write_case(assessment, device)
        for group in fhir.pair_pressures(record.facts):
            scribe.write_facts(group)
        if assessment is not None:
            scribe.write_assessment(assessment)
            scribe.write_doubts(assessment)
        scribe.write_report()
        write_images(scribe, pictures)
        scribe.write_issues()
        scribe.write_unread()
        scribe.write_own(own)
        scribe.write_provenances()
        bundle: Resource = {
            "resourceType": "Bundle",
            "type": "transaction",
            "timestamp": context.recorded,
            "entry": [*scribe.entries, *scribe.provenances],
        }
        invalid = _invalid(bundle, guide)
        if not invalid:
            return BundleResult(bundle, tuple(scribe.set_aside))
        if invalid.keys() <= refused.keys():
            raise InputError("no valid bundle can be written of this record: " + "; ".join(invalid.values()))
        refused |= invalid


def _invalid(bundle: Resource, guide: Guide | None) -> dict[str, str]:
    """The address of each entry that is invalid, and its first error. No value of the note is in it.

    What fhir.resources cannot load is set aside too: our own bundles are to be read by its users.
    """
    entries: Any = bundle["entry"]
    found: dict[str, str] = {}
    for error in fhir.validate(bundle, profiles="us-core", guide=guide):
        if error.severity is not fhir.Severity.ERROR and error.rule != "fhir.resources":
            continue
        place = ENTRY.match(error.location)
        if place is None:
            raise InputError(f"no valid bundle can be written of this record: {error}")
        entry = entries[int(place[1])]
        kind = entry["resource"]["resourceType"]
        reason = f"invalid {kind}: {error.location[place.end() :]}: {error.message}"
        found.setdefault(entry["fullUrl"], reason)
    return found


@dataclass(slots=True)
class _Scribe:
    record: ClinicalRecord
    documents: Mapping[str, str]
    case: str
    context: Context
    reviewer: str
    edited: frozenset[str]
    refused: Mapping[str, str]
    """Address of a resource that turned out to be invalid, and why."""
    images: Mapping[str, bytes]
    entries: list[Resource] = field(default_factory=list)
    provenances: list[Resource] = field(default_factory=list)
    trail: Trail = field(default_factory=Trail)
    """The making of resources, and the places of the source that state each of them."""
    set_aside: list[tuple[str, str]] = field(default_factory=list)
    written: dict[str, Identity] = field(default_factory=dict)
    """Fact id, or "news2", to its resource."""
    notes: dict[str, Identity] = field(default_factory=dict)
    """The documents by their ids: a long note is hashed once, and not for each fact."""
    stated: set[Identity] = field(default_factory=set)
    """The resources of facts."""
    from_images: FromImages = field(init=False)

    def __post_init__(self) -> None:
        self.from_images = FromImages(self.record.transcribed)

    def write_case(self, assessment: Assessment | None, device: DeviceInfo) -> None:
        """Patient, software, encounter and source notes."""
        context, triage = self.context, assessment is not None
        kinds = [self.record.kinds.get(name) for name in self.record.documents]
        reason = self._enter(self._patient(), context.patient)
        if reason is not None:
            # All else refers to the patient, so a bare one stands in.
            self.set_aside.append(("patient", reason))
            self.entries.append(_entry(fhir.patient(context.patient), context.patient))
        software = fhir.device(context.software, device.name, device.version)
        self.enter_named("software", software, context.software)
        encounter = fhir.encounter(
            context.encounter,
            context.patient,
            assessment.urgency if assessment else None,
            triage=triage,
            kinds=kinds,
            understood=assessment is None or assessment.understood,
            visited=context.visited,
        )
        self.enter_named("encounter", encounter, context.encounter)
        for name, kind in zip(self.record.documents, kinds, strict=True):
            if self.documents.get(name):
                note = self._note(name)
                document = fhir.document_reference(note, context, self.documents[name], triage=triage, kind=kind)
                self.enter_named("document", document, note)

    def _patient(self) -> Resource:
        stated = self.record.patient
        names = sorted((quote(name, self.documents) for name in stated.names), key=len, reverse=True)
        born = birth_date(quote(stated.birth_date, self.documents)) if stated.birth_date else None
        if stated.birth_date and born is None:
            self.set_aside.append(("patient", "the birth date has no sure order of day and month, or no full year"))
        numbers = dict.fromkeys(quote(number, self.documents) for number in stated.identifiers)
        return fhir.patient(
            self.context.patient,
            name=human_name(names[0]) if names else None,
            gender=stated.sex,
            birth_date=born,
            numbers=[number for number in numbers if number],
        )

    def _note(self, name: str) -> Identity:
        if name not in self.notes:
            text = self.documents[name].encode()
            self.notes[name] = self.identity("DocumentReference", name, hashlib.sha256(text).hexdigest())
        return self.notes[name]

    def identity(self, *parts: str | int) -> Identity:
        """The identity of something of this case."""
        return Identity.of(self.case, *parts, system=self.context.patient.system)

    def write_facts(self, facts: tuple[Fact, ...]) -> None:
        """Write the one resource of a fact, or of the two facts of a blood pressure."""
        reason = self._write_facts(facts)
        if reason is not None:
            self.set_aside += [(fact.id, reason) for fact in facts]

    def _write_facts(self, facts: tuple[Fact, ...]) -> str | None:
        if any(fact.evidence.end > len(self.documents.get(fact.evidence.document, "")) for fact in facts):
            return "its evidence lies in no document that was given"
        if any(fact.kind is FactKind.MEDICATION and self._states_allergy(fact.evidence) for fact in facts):
            return "its words state an allergy"
        spans = [part for fact in facts for part in (fact.evidence.start, fact.evidence.end)]
        first = facts[0]
        note = self._note(first.evidence.document)
        what = (first.kind.value, first.concept or first.display, first.assertion.value)
        identity = self.identity(note.value, *spans, *what)
        if identity in self.stated:
            return "the same statement is written already"
        try:
            resource = _resource(facts, identity, self.context)
        except NotWritten as error:
            return str(error)
        if any(one.by_model for one in self.from_images.at(first.evidence)):
            notes: Any = resource.get("note", ())
            resource["note"] = [*notes, {"text": READ_OFF}]
        reason = self._enter(resource, identity)
        if reason is None:
            self.written |= {fact.id: identity for fact in facts}
            self.stated.add(identity)
            spans_of = tuple(self._traced(span for fact in facts for span in (fact.evidence, *fact.also)))
            self._made(identity, spans_of, any(fact.id in self.edited for fact in facts))
        return reason

    def _states_allergy(self, place: Evidence) -> bool:
        """True if a character of a place states what the patient reacts to: it states no drug that they take."""
        return any(
            one.kind is FactKind.ALLERGY
            and one.assertion is not Assertion.ABSENT
            and one.evidence.document == place.document
            and one.evidence.start < place.end
            and place.start < one.evidence.end
            for one in self.record.facts
        )

    def write_report(self) -> None:
        """The laboratory results as one report."""
        facts = [fact.id for fact in self.record.of_kind(FactKind.LAB)]
        results = self._written(facts)
        if results:
            identity = self.identity("laboratory-report")
            report = fhir.laboratory_report(identity, self.context, results)
            self.derived("laboratory report", report, identity, tuple(self._traced(self._spans(facts))))

    def write_issues(self) -> None:
        """Doubts about facts, each pointing at the resources concerned."""
        for issue in self.record.issues:
            identity = self.identity("issue", issue.code, *issue.facts, issue.message)
            resource = fhir.detected_issue(
                identity,
                self.context,
                code=issue.code,
                message=issue.message,
                severity=issue.severity,
                implicated=self._written(issue.facts),
            )
            self.derived(
                "issue",
                resource,
                identity,
                tuple(span for span in (issue.against, issue.evidence) if span is not None),
            )

    def write_doubts(self, assessment: Assessment) -> None:
        """Write possible emergencies on evidence too weak for one, and that a person must read the notes."""
        for doubt in assessment.doubts:
            identity = self.identity("issue", "doubt", *doubt.facts)
            resource = fhir.detected_issue(
                identity,
                self.context,
                code="open-question",
                message=doubt.message,
                severity="moderate",
                implicated=self._written(doubt.facts),
            )
            self.derived("doubt", resource, identity, self._spans(doubt.facts))
        if not assessment.understood:
            identity = self.identity("issue", "not-understood")
            resource = fhir.detected_issue(
                identity,
                self.context,
                code="not-understood",
                message="The notes were not understood: a person must read them.",
                severity="high",
                implicated=(),
            )
            self.derived("not understood", resource, identity)

    def write_unread(self) -> None:
        """Write the sentences with clinical words that gave no fact, each with its characters."""
        unread = self.record.unread
        if unread:
            identity = self.identity("issue", "unread")
            message = (
                f"{len(unread)} of {self.record.clinical_sentences} sentences with clinical words were not read: "
                "what they say is in no other resource."
            )
            resource = fhir.detected_issue(
                identity, self.context, code="unread", message=message, severity=None, implicated=()
            )
            self.derived("unread sentences", resource, identity, unread)

    def write_own(self, resources: Sequence[OwnResource]) -> None:
        """Resources of the graph's own, each by its kind, with a Provenance like any other."""
        for one in resources:
            kind = fhir.kind_named(one.kind)
            spans = (*self._spans(one.facts), *one.evidence)
            if not spans:
                self.set_aside.append((one.kind, "it names no fact that is in the bundle, and no characters"))
                continue
            identity = self.identity("own", one.kind, *one.facts, fhir.to_json(one.content))
            try:
                resource = kind.build(one.content, identity, self._written(one.facts), self.context)
            except NotWritten as error:
                self.set_aside.append((one.kind, str(error)))
                continue
            if kind.profile:
                resource = {**resource, "meta": {"profile": [kind.profile]}}
            self.derived(one.kind, resource, identity, spans)

    def write_assessment(self, assessment: Assessment) -> None:
        """NEWS2 where it is complete, and the urgency, which rests on it and on facts."""
        score, urgency = assessment.news2, assessment.urgency
        if score is not None:
            identity = self.identity("NEWS2")
            vitals = [fact for fact in self.record.of_kind(FactKind.VITAL) if fact.assertion in MAY_HOLD]
            scale_2 = any(fact.concept == "spo2-scale" and fact.text_value == "2" for fact in vitals)
            try:
                resource = fhir.news2_observation(
                    score,
                    scale_2=scale_2,
                    vitals=self._written(fact.id for fact in vitals),
                    identity=identity,
                    context=self.context,
                )
            except NotWritten as error:
                self.set_aside.append(("news2", str(error)))
            else:
                self.derived("news2", resource, identity, self._spans(fact.id for fact in vitals))
        if urgency is not None:
            identity = self.identity("urgency")
            basis = self._written(fact for reason in assessment.reasons for fact in (*reason.facts, reason.code))
            messages = [reason.message for reason in without_repeats(assessment.reasons)]
            resource = fhir.risk_assessment(identity, self.context, urgency=urgency, reasons=messages, basis=basis)
            spans = self._spans(fact for reason in assessment.reasons for fact in reason.facts)
            spans += tuple(span for reason in assessment.reasons for span in reason.evidence)
            self.derived("urgency", resource, identity, spans, ear=assessment.ear.name if assessment.ear else "")
            if urgency <= CRITICAL and "urgency" in self.written:
                self._write_flag(assessment, urgency, spans)

    def _write_flag(self, assessment: Assessment, urgency: int, spans: tuple[Evidence, ...]) -> None:
        """Write a visible warning that names what makes it critical; the reason is in the urgency alone."""
        critical = {fact for reason in assessment.reasons if reason.urgency <= urgency for fact in reason.facts}
        found = [_said(fact) for fact in self.record.facts if fact.id in critical and fact.assertion in MAY_HOLD]
        identity = self.identity("flag")
        resource = fhir.flag(identity, self.context, urgency=urgency, found=list(dict.fromkeys(found))[:MOST_FOUND])
        self.derived("flag", resource, identity, spans)

    def _spans(self, facts: Iterable[str]) -> tuple[Evidence, ...]:
        """The characters of facts that have a resource."""
        wanted = set(facts) & self.written.keys()
        return tuple(dict.fromkeys(fact.evidence for fact in self.record.facts if fact.id in wanted))

    def _written(self, names: Iterable[str]) -> list[Identity]:
        """Each resource once. The code of the reason "news2" is the name of its score."""
        return list(dict.fromkeys(self.written[name] for name in names if name in self.written))

    def _traced(self, spans: Iterable[Evidence]) -> Iterable[Evidence | PageRegion]:
        """The characters, and of those that were taken from an image their place there."""
        found: list[Evidence | PageRegion] = []
        for span in spans:
            found += [span, *(one.source for one in self.from_images.at(span))]
        return dict.fromkeys(found)

    def derived(
        self,
        name: str,
        resource: Resource,
        identity: Identity,
        evidence: tuple[Evidence | PageRegion, ...] = (),
        prompts: tuple[str, ...] | None = None,
        ear: str = "",
    ) -> bool:
        """Enter a resource with its Provenance, or note that it was set aside; whether it was entered."""
        if not self.enter_named(name, resource, identity):
            return False
        self.written[name] = identity
        self._made(identity, evidence, name in self.edited, prompts, ear)
        return True

    def _source(self, place: Evidence | PageRegion) -> Identity | None:
        if isinstance(place, Evidence):
            return self._note(place.document) if self.documents.get(place.document) else None
        data = self.images.get(place.document)
        return image_identity(self, place.document, data) if data is not None else None

    def _made(
        self,
        target: Identity,
        evidence: tuple[Evidence | PageRegion, ...],
        edited: bool,
        prompts: tuple[str, ...] | None = None,
        ear: str = "",
    ) -> None:
        """Note how a resource was made: once for each of its sources, and once where it has none."""
        places: dict[Identity | None, list[Evidence | PageRegion]] = {}
        for place in evidence:
            source = self._source(place)
            if source is not None:
                places.setdefault(source, []).append(place)
        asked = self.record.prompts if prompts is None else prompts
        for source, those in (places or {None: []}).items():
            self.trail.note(target, those, Making(source, edited, asked, ear))

    def write_provenances(self) -> None:
        """One Provenance for all resources that were made alike from one source."""
        for resource, identity in self.trail.resources(self.context, self.reviewer, self.identity):
            reason = self.refused.get(identity.url)
            if reason is not None:
                self.set_aside.append(("provenance", reason))
            else:
                self.provenances.append(_entry(resource, identity))

    def enter_named(self, name: str, resource: Resource, identity: Identity) -> bool:
        """Enter a resource, or note that it was set aside; whether it was entered."""
        reason = self._enter(resource, identity)
        if reason is not None:
            self.set_aside.append((name, reason))
        return reason is None

    def _enter(self, resource: Resource, identity: Identity) -> str | None:
        reason = self.refused.get(identity.url)
        if reason is None:
            self.entries.append(_entry(resource, identity))
        return reason


def _said(fact: Fact) -> str:
    """A finding as a warning names it: "systolic blood pressure 82 mmHg", "possible stroke"."""
    named = f"{fact.display} {fact.quantity.in_words}" if fact.quantity else fact.display
    return f"possible {named}" if fact.assertion is Assertion.POSSIBLE else named


def _entry(resource: Resource, identity: Identity) -> Resource:
    kind = str(resource["resourceType"])
    token = "identifier"
    meta: Resource = {}
    profiles: list[JSON] = [*fhir.us_core_profiles(resource)]
    claimed: Any = resource.get("meta", {})
    profiles = [*claimed.get("profile", ()), *(one for one in profiles if one not in claimed.get("profile", ()))]
    if profiles:
        meta["profile"] = profiles
    if kind in TAGGED:
        token = "_tag"
        meta["tag"] = [{"system": identity.system, "code": identity.value}]
    if meta:
        resource["meta"] = meta
    request: Resource = {
        "method": "POST",
        "url": kind,
        "ifNoneExist": f"{token}={identity.system}|{identity.value}",
    }
    return {"fullUrl": identity.url, "resource": resource, "request": request}


def _resource(facts: tuple[Fact, ...], identity: Identity, context: Context) -> Resource:
    first = facts[0]
    if first.assertion is Assertion.FAMILY:
        return fhir.BUILDERS[FactKind.FAMILY](first, identity, context)
    if first.kind is FactKind.PROBLEM and fhir.is_finding(first):
        return fhir.finding(first, identity, context)
    if first.kind is FactKind.SOCIAL:
        return fhir.social_history(first, identity, context)
    if first.kind in (FactKind.VITAL, FactKind.LAB):
        if first.assertion not in (*MAY_HOLD, Assertion.HISTORICAL):
            raise NotWritten(f"a {first.kind.value} that is {first.assertion.value} has no resource")
        if first.concept in PRESSURES:
            return fhir.blood_pressure(facts, identity, context)
        build = fhir.vital_sign if first.kind is FactKind.VITAL else fhir.laboratory
        return build(first, identity, context)
    return fhir.BUILDERS[first.kind](first, identity, context)
