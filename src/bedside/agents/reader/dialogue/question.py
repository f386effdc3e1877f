"""A question of a dialogue, and what its answer says to it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from bedside.agents.reader.builtin import read_note
from bedside.agents.reader.dialogue.answers import Said, answered, chosen, tells_only_some
from bedside.agents.reader.dialogue.habits import Asked, asked_habits, given_up, tells_how_much
from bedside.agents.reader.dialogue.topics import SAYS_WHEN, Topic, asks_when, topic_of
from bedside.agents.reader.dialogue.turns import Turn, asking, tidied
from bedside.records import MEASURED_KINDS, Assertion, ClinicalRecord, Evidence, Fact, FactKind, Moment

__all__ = ["MEASURED_KINDS", "Question", "Told"]

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
_TAKING = re.compile(r"\b(?:take|taking|taken|took|on|using|use|used|tried)\b[^.?!]*\Z", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Told:
    """A reader for words at some place of a dialogue."""

    document: str
    text: str

    def read(self, heading: str, words: str, start: int, *, opens: bool = False) -> ClinicalRecord:
        """Read words of the dialogue as if they stood under a heading, each fact at its place in the dialogue.

        Args:
            heading: What a note would put before them; nothing of it is a fact.
            words: Tidied; they stand at `start`.
            opens: As in `read_note`.
        """
        if not words.strip():
            return ClinicalRecord()
        record = read_note(self.document, heading + words, opens=opens)
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
class Question:
    """The question in a clinician's turn.

    Attributes:
        groups: The facts that each of its questions names, as if they were stated.
        topic: What its last question wants to know besides yes or no.
        since: What its last question wants dated.
        habits: Tobacco, alcohol and other drugs that its last question asks for, and where that begins.
    """

    told: Told
    groups: tuple[tuple[Fact, ...], ...]
    topic: Topic | None
    since: tuple[Fact, ...]
    habits: tuple[tuple[int, Asked], ...] = ()

    @classmethod
    def of(cls, document: str, text: str, turn: Turn) -> Question:
        """Return the question in a turn of a dialogue."""
        told = Told(document, text)
        tidy = tidied(text[turn.start : turn.end])
        groups: list[tuple[Fact, ...]] = []
        last, at = "", turn.start
        for start, end in asking(tidy):
            last, at = tidy[start:end], turn.start + start
            # Under a question mark everything would be possible; what is asked is what would be so after a yes.
            about = topic_of(last)
            heading = about.heading if about is not None and about.of_others else ""
            asked = told.read(heading, last.replace("?", "."), turn.start + start)
            groups.append(tuple(fact for fact in asked.facts if fact.kind in _ASKABLE and fact.concept))
        topic = topic_of(last)
        granted: tuple[Fact, ...] = ()
        if groups and ((topic is not None and topic.measured) or asks_when(last)):
            # "How bad is the pain?" takes the pain for granted: a no denies none.
            granted = groups.pop()
        since = granted if asks_when(last) else ()
        habits = tuple((at, habit) for habit in asked_habits(last))
        return cls(told, tuple(group for group in groups if group), topic, since, habits)

    def settled(self, record: ClinicalRecord, tidy: str, start: int, again: Question | None) -> ClinicalRecord:
        """Return the facts of an answer: its own words, and by yes or no the subject of the question.

        Args:
            record: The answer's own words.
            tidy: The answer.
            start: Where it begins.
            again: The next question, if it was answered: an unclear yes is left to it where it asks the same.
        """
        added = [*self._values(tidy, start), *self._since(tidy, start), *self._habits(tidy, start)]
        own = {fact.concept for fact in (*record.facts, *added) if fact.kind is not FactKind.FAMILY}
        if not (again is not None and self.is_unclear(record.facts, tidy) and again.concepts >= self.concepts):
            added += [fact for fact in self._asked(record.facts, tidy, start) if fact.concept not in own]
        numbered = [fact.model_copy(update={"id": f"asked{at}"}) for at, fact in enumerate(added)]
        return record.model_copy(update={"facts": (*record.facts, *numbered)})

    @property
    def is_open(self) -> bool:
        """True if it names nothing that an answer could be about: "What brings you here?"."""
        return not (self.groups or self.since or self.topic or self.habits)

    @property
    def concepts(self) -> frozenset[str | None]:
        """The concepts that the last question names."""
        return frozenset(fact.concept for fact in (self.groups[-1] if self.groups else ()))

    def is_unclear(self, own: Sequence[Fact], tidy: str) -> bool:
        """True if a yes or a doubt leaves open which of several things is meant, whatever else it states."""
        answer = answered(tidy, family=self._about_family)
        last = self.groups[-1] if self.groups else ()
        # "I have been sleeping badly" begins like a yes and is none.
        said_yes = answer is not None and answer.said is not Said.NO and not (own and answer.said is Said.YES)
        names_one = {fact.concept for fact in own} & {fact.concept for fact in last}
        return said_yes and len(last) > 1 and not names_one and not chosen(tidy, len(last))

    @property
    def _about_family(self) -> bool:
        return any(fact.kind is FactKind.FAMILY for group in self.groups for fact in group)

    def _asked(self, own: Sequence[Fact], tidy: str, start: int) -> Iterator[Fact]:
        """Return the question's facts that the answer settles without naming them, each with the answer's words."""
        if not self.groups:
            return
        answer = answered(tidy, family=self._about_family)
        first, end = (answer.start, answer.end) if answer else (0, len(tidy.rstrip()))
        for fact in self._settled(own, tidy, answer.said if answer else None):
            place = Evidence(document=self.told.document, start=start + first, end=start + end)
            yield fact.model_copy(update={"also": (place,)})

    def _settled(self, own: Sequence[Fact], tidy: str, said: Said | None) -> list[Fact]:
        last = self.groups[-1]
        several = len(last) > 1
        names_some = bool({fact.concept for fact in own} & {fact.concept for fact in last})
        if names_some and tells_only_some(tidy):
            return _by(Said.NO, last)
        if names_some and said is not Said.NO:
            return []  # "yes, vomiting": of the others nothing is said
        if several and (picked := chosen(tidy, len(last))):
            return _by(Said.YES, [fact for at, fact in enumerate(last) if at in picked])
        if said is Said.NO:
            asked = [fact for group in self.groups for fact in group]
            return _by(Said.NO, [fact for fact in asked if not self._is_beside(fact)])
        if said is None or (several and own and said is Said.YES):
            return []  # "I have been sleeping badly" begins like a yes and is none
        return _by(Said.UNSURE if self.is_unclear(own, tidy) else said, last)

    def _is_beside(self, fact: Fact) -> bool:
        """True if a drug is named in a question about something else: "any side effects of lisinopril?"."""
        before = self.told.text[max(0, fact.evidence.start - 40) : fact.evidence.start]
        return fact.kind is FactKind.MEDICATION and _TAKING.search(before) is None

    def _habits(self, tidy: str, start: int) -> Iterator[Fact]:
        """Return a habit that is answered by yes, no or "I gave up"; an answer that names it is read directly."""
        answer = answered(tidy, family=False)
        over = given_up(tidy)
        said = Said.YES if tells_how_much(tidy) else Said.UNSURE if answer is None else answer.said
        # "Yes" to "do you smoke or drink?" does not tell which.
        of_all = over or said is Said.NO or len(self.habits) == 1 or bool(chosen(tidy, len(self.habits)))
        if not of_all or (said is Said.UNSURE and not over):
            return
        also = Evidence(document=self.told.document, start=start, end=start + len(tidy.rstrip()))
        for at, habit in self.habits:
            stated = habit.over if over else habit.no if said is Said.NO else habit.yes
            place = Evidence(document=self.told.document, start=at + habit.start, end=at + habit.end)
            for fact in read_note(self.told.document, f"Social history: {stated}").facts:
                yield fact.model_copy(update={"evidence": place, "also": (also,)})

    def _values(self, tidy: str, start: int) -> Iterator[Fact]:
        """A bare number that answers a question about a measurement."""
        if self.topic is None or not self.topic.measured:
            return
        value = self.topic.value(tidy)
        if value is None:
            return
        place = Evidence(document=self.told.document, start=start + value.start(), end=start + value.end())
        read = read_note(self.told.document, f"{self.topic.heading}{value.group()}")
        yield from (
            fact.model_copy(update={"evidence": place}) for fact in read.facts if fact.kind in MEASURED_KINDS
        )

    def _since(self, tidy: str, start: int) -> Iterator[Fact]:
        """Return the one thing of a since-when question, as the answer dates it."""
        if len(self.since) != 1:
            return
        (fact,) = self.since
        named = self.told.text[fact.evidence.start : fact.evidence.end]
        dated = read_note(self.told.document, f"{named} {tidy.strip()}").facts
        onset, lasted = next(
            ((one.onset, one.lasted) for one in dated if one.concept == fact.concept and one.onset), (None, None)
        )
        if onset is None and SAYS_WHEN.search(tidy):
            onset = Moment(text=" ".join(tidy.split())[:MOST_OF_A_MOMENT].rstrip(" ."))
        if onset is not None:
            place = Evidence(document=self.told.document, start=start, end=start + len(tidy.rstrip()))
            yield _affirmed(fact).model_copy(update={"onset": onset, "lasted": lasted, "also": (place,)})


def _by(said: Said, facts: Iterable[Fact]) -> list[Fact]:
    """Asked facts as an answer leaves them. Of a family's disease only a yes says something."""
    settled = []
    for fact in facts:
        denied = fact.assertion is Assertion.ABSENT
        if fact.kind is FactKind.FAMILY:
            settled += [fact] if said in (Said.YES, Said.AGREED) and not denied else []
        elif said is Said.UNSURE:
            settled.append(fact.model_copy(update={"assertion": Assertion.POSSIBLE}))
        elif said is Said.NO or (said is Said.AGREED and denied):
            settled.append(_denied(fact))
        else:
            settled.append(_affirmed(fact))
    return settled


def _denied(fact: Fact) -> Fact:
    use = fact.medication
    stopped = None if use is None else use.model_copy(update={"status": "stopped"})
    return fact.model_copy(update={"assertion": Assertion.ABSENT, "medication": stopped})


def _affirmed(fact: Fact) -> Fact:
    """Return the affirmed subject of a question: a past or planned thing stays one."""
    if fact.assertion in (Assertion.ABSENT, Assertion.POSSIBLE):
        return fact.model_copy(update={"assertion": Assertion.PRESENT})
    return fact
