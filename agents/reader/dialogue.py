"""A dialogue becomes a record turn by turn: each turn is read as a note is, an answer in the light of its question.

A question alone states nothing. Where the answer does not name what was asked ("no", "a little bit"), the fact
stands on the asked words, which name the thing, and holds the answering words in `also`: a reader of the page sees
what it is about, and both places are in the bundle's Provenance.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bedside.agents.reader.answers import Said, answered, chosen, tells_of_another, tells_only_some
from bedside.agents.reader.builtin import read_note
from bedside.agents.reader.topics import SAYS_WHEN, Topic, asks_when, topic_of
from bedside.agents.reader.turns import Speaker, Turn, asking, split_turns, telling, tidied
from bedside.records import Assertion, ClinicalRecord, Evidence, Fact, FactKind, Issue, Moment, Patient

__all__ = ["is_unclear", "joined", "read_dialogue", "read_turn"]

_WEAK = frozenset({Assertion.POSSIBLE, Assertion.HYPOTHETICAL})
_ASKABLE = frozenset(
    {
        FactKind.PROBLEM,
        FactKind.MEDICATION,
        FactKind.ALLERGY,
        FactKind.FAMILY,
        FactKind.PROCEDURE,
        FactKind.IMMUNIZATION,
    }
)
MOST_OF_A_MOMENT = 60
"""Characters of an answer that are kept as the time it tells."""

_MEASURED = frozenset({FactKind.VITAL, FactKind.LAB})
_PRONOUN = re.compile(r"(?:s?he|his|him|himself|hers?|herself)", re.IGNORECASE)


def read_dialogue(document: str, text: str) -> ClinicalRecord:
    """Read a whole dialogue. Deterministic, offline, and never raises on a text, as `read_note`.

    Args:
        document: The id under which the text is kept.
        text: Turns with the marks of their speakers, one a line.
    """
    record = ClinicalRecord(documents=(document,))
    turns = split_turns(text)
    for at in range(len(turns)):
        record = joined(record, read_turn(document, text, turns, at))
    return record


def read_turn(document: str, text: str, turns: Sequence[Turn], at: int) -> ClinicalRecord:
    """What one turn adds; of the others only the question before it is looked at.

    Args:
        document: The id under which the text is kept.
        text: The whole dialogue.
        turns: As `split_turns` gives them.
        at: Which of them.
    """
    turn = turns[at]
    tidy = tidied(text[turn.start : turn.end])
    told = _Told(document, text)
    question = None
    if turn.speaker is Speaker.PATIENT and at and turns[at - 1].speaker is Speaker.CLINICIAN:
        question = _Question.of(document, text, turns[at - 1])
    words, heading = telling(turn.speaker, tidy), ""
    if question is not None and question.topic is not None and not question.topic.measured:
        heading, words = question.topic.heading, question.topic.answer(words)
    record = told.read(heading, words, turn.start)
    if turn.speaker is Speaker.PATIENT:
        record = _without_other_peoples(record, text)
    if question is not None:
        again = _Question.of(document, text, turns[at + 1]) if at + 2 < len(turns) else None
        record = question.settled(record, tidy, turn.start, again)
    patient = _known_patient(record.patient, text, turn.speaker, asked=bool(heading))
    return record.model_copy(update={"patient": patient})


_TAKING = re.compile(r"\b(?:take|taking|taken|took|on|using|use|used|tried)\b[^.?!]*\Z", re.IGNORECASE)
_TAKEN = frozenset({FactKind.MEDICATION, FactKind.ALLERGY})
_SENTENCE_BEFORE = re.compile(r"[^.?!;\n]*\Z")


def _without_other_peoples(record: ClinicalRecord, text: str) -> ClinicalRecord:
    """Without the drugs of others: "my husband takes metformin". Whose a problem is, the reader tells itself."""
    kept = []
    for fact in record.facts:
        before = _SENTENCE_BEFORE.search(text, max(0, fact.evidence.start - 80), fact.evidence.start)
        if fact.kind not in _TAKEN or before is None or not tells_of_another(before.group()):
            kept.append(fact)
    return record.model_copy(update={"facts": tuple(kept)})


def is_unclear(document: str, text: str) -> bool:
    """Whether the last answer, a bare yes or a doubt, leaves open which of several things it means."""
    turns = split_turns(text)
    if len(turns) < 2 or turns[-1].speaker is Speaker.CLINICIAN or turns[-2].speaker is Speaker.PATIENT:
        return False
    question = _Question.of(document, text, turns[-2])
    tidy = tidied(text[turns[-1].start : turns[-1].end])
    own = _Told(document, text).read("", telling(Speaker.PATIENT, tidy), turns[-1].start)
    return question.is_unclear(own.facts, tidy)


def joined(record: ClinicalRecord, more: ClinicalRecord) -> ClinicalRecord:
    """A record with what a later turn adds. Nothing that was stated goes: a later denial stands beside it.

    What was only possible goes where the same is now stated; what is told again keeps its first place, and the
    later characters are in `also`.
    """
    facts = list(record.facts)
    names: dict[str, str] = {}
    for fact in more.facts:
        at = next((at for at, known in enumerate(facts) if _is_same(known, fact)), None)
        if at is None:
            names[fact.id] = f"f{len(facts) + 1}"
            facts.append(fact.model_copy(update={"id": names[fact.id]}))
        else:
            names[fact.id] = facts[at].id
            facts[at] = _told_again(facts[at], fact)
    issues = [_renamed(issue, names) for issue in more.issues]
    return record.model_copy(
        update={
            "visited": record.visited or more.visited,
            "patient": _filled(record.patient, more.patient),
            "facts": tuple(facts),
            "issues": (*record.issues, *issues),
        }
    )


def _is_same(known: Fact, fact: Fact) -> bool:
    if (known.kind, known.concept, known.display) != (fact.kind, fact.concept, fact.display):
        return False
    if fact.kind in _MEASURED:
        return (known.quantity, known.text_value) == (fact.quantity, fact.text_value)
    if fact.kind is FactKind.FAMILY and (known.text_value or "").lower() != (fact.text_value or "").lower():
        return False
    stronger = known.assertion in _WEAK and fact.assertion is Assertion.PRESENT
    weaker = known.assertion is Assertion.PRESENT and fact.assertion in _WEAK
    return known.assertion is fact.assertion or stronger or weaker


_FILLED = ("onset", "abatement", "severity", "laterality", "body_site", "text_value", "code")


def _told_again(known: Fact, fact: Fact) -> Fact:
    """A fact with what a later turn tells of it."""
    places = (known.evidence, *known.also, fact.evidence, *fact.also)
    update: dict[str, object] = {"also": tuple(dict.fromkeys(places))[1:]}
    update |= {name: getattr(fact, name) for name in _FILLED if getattr(known, name) is None}
    if fact.assertion is Assertion.PRESENT:
        update["assertion"] = Assertion.PRESENT
    use, more = known.medication, fact.medication
    if use is not None and more is not None:
        told = {name: value for name, value in more.model_dump().items() if value not in (None, False, "active")}
        update["medication"] = use.model_copy(update=told)
    return known.model_copy(update=update)


def _renamed(issue: Issue, names: dict[str, str]) -> Issue:
    return issue.model_copy(update={"facts": tuple(names[fact] for fact in issue.facts if fact in names)})


def _filled(known: Patient, more: Patient) -> Patient:
    """The first word on each thing counts: ages and sexes named later are mostly those of others."""
    update: dict[str, object] = {}
    if known.age is None and more.age is not None:
        update |= {"age": more.age, "age_unit": more.age_unit, "age_evidence": more.age_evidence}
    if known.sex is None and more.sex is not None:
        update |= {"sex": more.sex, "sex_evidence": more.sex_evidence}
    if known.pregnant is None:
        update["pregnant"] = more.pregnant
    update["names"] = (*known.names, *more.names)
    update["birth_date"] = known.birth_date or more.birth_date
    update["identifiers"] = (*known.identifiers, *more.identifiers)
    return known.model_copy(update=update)


_OWN_AGE = re.compile(r"\b(?:i'm|i am|i was|age[d:]?)\W+(?:\w+\W+){0,2}\Z", re.IGNORECASE)


def _known_patient(patient: Patient, text: str, speaker: Speaker, *, asked: bool) -> Patient:
    """Without what a turn says of other people: "she" in a patient's mouth is never the patient."""
    update: dict[str, object] = {}
    sex, age = patient.sex_evidence, patient.age_evidence
    if sex is not None and _PRONOUN.fullmatch(text[sex.start : sex.end]):
        update |= {"sex": None, "sex_evidence": None}
    own = age is None or _OWN_AGE.search(text[max(0, age.start - 40) : age.start])
    if speaker is Speaker.PATIENT and not asked and not own:
        update |= {"age": None, "age_evidence": None}
    return patient.model_copy(update=update)


@dataclass(frozen=True, slots=True)
class _Told:
    """Reads words that stand somewhere in a dialogue."""

    document: str
    text: str

    def read(self, heading: str, words: str, start: int) -> ClinicalRecord:
        """Read words of the dialogue as if they stood under a heading, each fact at its place in the dialogue.

        Args:
            heading: What a note would put before them; nothing of it is a fact.
            words: Tidied; they stand at `start`.
        """
        if not words.strip():
            return ClinicalRecord()
        record = read_note(self.document, heading + words)
        by = start - len(heading)
        first = len(heading)

        def moved(at: Evidence | None) -> Evidence | None:
            if at is None or at.end <= first:
                return None
            return Evidence(document=self.document, start=max(at.start, first) + by, end=at.end + by)

        facts = [
            fact.model_copy(update={"evidence": place})
            for fact in record.facts
            if (place := moved(fact.evidence)) is not None
        ]
        issues = [issue.model_copy(update={"evidence": moved(issue.evidence)}) for issue in record.issues]
        who = record.patient
        patient = who.model_copy(
            update={
                "age_evidence": moved(who.age_evidence),
                "sex_evidence": moved(who.sex_evidence),
                "birth_date": moved(who.birth_date),
                "names": tuple(at for one in who.names if (at := moved(one))),
                "identifiers": tuple(at for one in who.identifiers if (at := moved(one))),
            }
        )
        return record.model_copy(update={"facts": tuple(facts), "issues": tuple(issues), "patient": patient})


@dataclass(frozen=True, slots=True)
class _Question:
    """What a clinician's turn asks.

    Attributes:
        groups: The facts that each of its questions names, as if they were stated.
        topic: What its last question wants to know besides yes or no.
        since: What its last question wants dated.
    """

    told: _Told
    groups: tuple[tuple[Fact, ...], ...]
    topic: Topic | None
    since: tuple[Fact, ...]

    @classmethod
    def of(cls, document: str, text: str, turn: Turn) -> _Question:
        told = _Told(document, text)
        tidy = tidied(text[turn.start : turn.end])
        groups: list[tuple[Fact, ...]] = []
        last = ""
        for start, end in asking(tidy):
            last = tidy[start:end]
            # Under a question mark everything would be possible; what is asked is what would be so after a yes.
            asked = told.read("", last.replace("?", "."), turn.start + start)
            groups.append(tuple(fact for fact in asked.facts if fact.kind in _ASKABLE and fact.concept))
        topic = topic_of(last)
        granted: tuple[Fact, ...] = ()
        if groups and ((topic is not None and topic.measured) or asks_when(last)):
            # "How bad is the pain?" takes the pain for granted: a no denies none.
            granted = groups.pop()
        since = granted if asks_when(last) else ()
        return cls(told, tuple(group for group in groups if group), topic, since)

    def settled(self, record: ClinicalRecord, tidy: str, start: int, again: _Question | None) -> ClinicalRecord:
        """What an answer says: its own words, and by yes or no what was asked.

        Args:
            record: The answer's own words.
            tidy: The answer.
            start: Where it begins.
            again: The next question, if it was answered: an unclear yes is left to it where it asks the same.
        """
        facts = [*record.facts, *self._values(tidy, start), *self._since(tidy, start)]
        own = {fact.concept for fact in facts if fact.kind is not FactKind.FAMILY}
        if not (again is not None and self.is_unclear(record.facts, tidy) and again.concepts >= self.concepts):
            facts += [fact for fact in self._asked(record.facts, tidy, start) if fact.concept not in own]
        numbered = tuple(fact.model_copy(update={"id": f"f{at}"}) for at, fact in enumerate(facts, start=1))
        return record.model_copy(update={"facts": numbered})

    @property
    def concepts(self) -> frozenset[str | None]:
        return frozenset(fact.concept for fact in (self.groups[-1] if self.groups else ()))

    def is_unclear(self, own: Sequence[Fact], tidy: str) -> bool:
        """Whether an answer tells nothing but a yes or a doubt, of several things."""
        return not own and self._leaves_open(own, tidy)

    def _leaves_open(self, own: Sequence[Fact], tidy: str) -> bool:
        """Whether a yes or a doubt does not tell which of several things is meant."""
        answer = answered(tidy, family=self._about_family)
        last = self.groups[-1] if self.groups else ()
        said_yes = answer is not None and answer.said is not Said.NO
        names_one = {fact.concept for fact in own} & {fact.concept for fact in last}
        return said_yes and len(last) > 1 and not names_one and not chosen(tidy, len(last))

    @property
    def _about_family(self) -> bool:
        return any(fact.kind is FactKind.FAMILY for group in self.groups for fact in group)

    def _asked(self, own: Sequence[Fact], tidy: str, start: int) -> Iterator[Fact]:
        """The asked facts that the answer says something of without naming them."""
        if not self.groups:
            return
        last = self.groups[-1]
        answer = answered(tidy, family=self._about_family)
        picked = chosen(tidy, len(last)) if len(last) > 1 else frozenset()
        names_some = bool({fact.concept for fact in own} & {fact.concept for fact in last})
        if names_some and tells_only_some(tidy):
            yield from (_denied(fact) for fact in last)
        elif names_some and answer is not None and answer.said is not Said.NO:
            return  # "yes, vomiting": of the others nothing is said
        elif own and len(last) > 1 and answer is not None and answer.said is Said.YES:
            return  # "I have been sleeping badly" begins like a yes and is none
        elif answer is None and not picked:
            return
        elif picked:
            yield from (_affirmed(fact) for at, fact in enumerate(last) if at in picked)
        elif answer is not None:
            place = Evidence(document=self.told.document, start=start + answer.start, end=start + answer.end)
            everything = [fact for group in self.groups for fact in group]
            for fact in everything if answer.said is Said.NO else last:
                said = _by(answer.said, fact, unclear=self._leaves_open(own, tidy))
                if said is not None and not (answer.said is Said.NO and self._is_beside(fact)):
                    yield said.model_copy(update={"also": (place,)})

    def _is_beside(self, fact: Fact) -> bool:
        """Whether a drug is named in a question about something else: "any side effects of lisinopril?"."""
        before = self.told.text[max(0, fact.evidence.start - 40) : fact.evidence.start]
        return fact.kind is FactKind.MEDICATION and _TAKING.search(before) is None

    def _values(self, tidy: str, start: int) -> Iterator[Fact]:
        """A bare number that answers a question about a measurement."""
        if self.topic is None or not self.topic.measured:
            return
        value = self.topic.value(tidy)
        if value is None:
            return
        place = Evidence(document=self.told.document, start=start + value.start(), end=start + value.end())
        read = read_note(self.told.document, f"{self.topic.heading}{value.group()}")
        yield from (fact.model_copy(update={"evidence": place}) for fact in read.facts if fact.kind in _MEASURED)

    def _since(self, tidy: str, start: int) -> Iterator[Fact]:
        """The one thing of which it was asked since when, as the answer dates it."""
        if len(self.since) != 1:
            return
        (fact,) = self.since
        named = self.told.text[fact.evidence.start : fact.evidence.end]
        dated = read_note(self.told.document, f"{named} {tidy.strip()}").facts
        onset = next((one.onset for one in dated if one.concept == fact.concept and one.onset), None)
        if onset is None and SAYS_WHEN.search(tidy):
            onset = Moment(text=" ".join(tidy.split())[:MOST_OF_A_MOMENT].rstrip(" ."))
        if onset is not None:
            place = Evidence(document=self.told.document, start=start, end=start + len(tidy.rstrip()))
            yield _affirmed(fact).model_copy(update={"onset": onset, "also": (place,)})


def _by(said: Said, fact: Fact, *, unclear: bool) -> Fact | None:
    denied = fact.assertion is Assertion.ABSENT
    if fact.kind is FactKind.FAMILY:
        return fact if said in (Said.YES, Said.AGREED) and not denied else None
    if said is Said.UNSURE or (unclear and not denied):
        return fact.model_copy(update={"assertion": Assertion.POSSIBLE})
    if said is Said.NO or (said is Said.AGREED and denied):
        return _denied(fact)
    return _affirmed(fact)


def _denied(fact: Fact) -> Fact:
    return fact.model_copy(update={"assertion": Assertion.ABSENT})


def _affirmed(fact: Fact) -> Fact:
    """What was asked and is so: a past or planned thing stays one."""
    if fact.assertion in (Assertion.ABSENT, Assertion.POSSIBLE):
        return fact.model_copy(update={"assertion": Assertion.PRESENT})
    return fact
