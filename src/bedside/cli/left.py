"""A report of what left this machine, by the egress record of the case store and by nothing else.

A result may speak of questions and answers; whether one left, and with which words, it does not decide.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from bedside.boundary import Egress, Outcome, Stayed, by_question, visible
from bedside.cli.wording import counted_facts
from bedside.records import NO_ENGINE, NO_MODEL, Advice, AdviceClaim, CaseResult, Searched
from bedside.session.done import Done
from bedside.session.line import has_left

__all__ = ["counted", "show_left", "show_record"]

MOST_CLAIMS = 6
NOT_NEEDED = Stayed.NOT_NEEDED.value
ONE_OF = {"questions": "question", "queries": "query"}


def counted(record: Sequence[Egress]) -> str:
    """Return how much left, in words; empty where nothing did."""
    left = [one for one in record if one.left]
    queries = sum(one.destination.startswith("search:") for one in left)
    counts = {"questions": len(left) - queries, "queries": queries}
    told = [f"{count} {what if count > 1 else ONE_OF[what]}" for what, count in counts.items() if count]
    return f"{' and '.join(told)} left this machine" if told else ""


def show_left(console: Console, done: Done, result: CaseResult, names: Mapping[str, str], *, unsent: bool) -> None:
    """Print what left, word for word, and what was composed and did not leave, each with its outcome.

    Args:
        names: The facts by their ids, as the page names them.
        unsent: Whether the latter is printed word for word too; else it is counted.
    """
    _head(console, done, result.approver)
    gate = by_question(done.egress)
    attempts = Counter(one.question for one in done.egress if one.left)
    for one in result.advice:
        if not unsent and not has_left(gate.get(one.question)):
            continue
        _question(console, one, gate.get(one.question), attempts[one.question], len(result.record.facts), names)
    spoken_of = {one.question for one in result.advice}
    queries = {(one.template, one.query) for one in result.searched}
    rest = [one for one in done.egress if one.question not in spoken_of]
    _others(console, [one for one in rest if (one.template, one.text) not in queries])
    _disagreements(console, result)
    _sources(console, done, [one for one in result.searched if unsent or has_left(done.query(one))])
    if not unsent:
        _composed(console, done, result)
    for reason in result.not_done:
        if unsent or reason not in (NO_MODEL, NO_ENGINE):
            console.print(Text.assemble(("Not done: ", "bold"), visible(reason)))


def _composed(console: Console, done: Done, result: CaseResult) -> None:
    """Print how much was composed and did not leave, in one line."""
    gate = by_question(done.egress)
    counts = {
        "questions": sum(not has_left(gate.get(one.question)) for one in result.advice),
        "queries": sum(not has_left(done.query(one)) for one in result.searched),
    }
    told = [f"{count} {what if count > 1 else ONE_OF[what]}" for what, count in counts.items() if count]
    if told:
        console.print(Text(f"{' and '.join(told)} composed, not sent; --questions shows them.", "dim"))


def show_record(console: Console, done: Done) -> None:
    """Print the record of a case whose graph has a result of its own kind."""
    _head(console, done, "")
    _others(console, done.egress)


def _head(console: Console, done: Done, approver: str) -> None:
    if done.reader:
        console.print(Text.assemble(("Read by ", "bold"), visible(done.reader)))
    left = counted(done.egress)
    console.print(Text(f"{left}, word for word:" if left else "Nothing left this machine.", "bold"))
    approvers = dict.fromkeys(one.approver for one in done.egress if one.approver)
    if told := ", ".join(approvers) or approver:
        console.print(f"What may leave was decided by {visible(told)}.", markup=False)


def _others(console: Console, record: Sequence[Egress]) -> None:
    """Print the prompts of the egress record that no result mentions."""
    for one in record:
        ends = f"sent to {one.destination}{_whose(one)}; {_end(one)}" if one.left else _unsent(one)
        console.print(Padding(Text(f"{visible(one.template)} ({visible(ends)})", "bold"), (0, 0, 0, 2)))
        console.print(Padding(Text(visible(one.text), "dim"), (0, 0, 0, 4)))


def _question(
    console: Console, one: Advice, egress: Egress | None, attempts: int, facts: int, names: Mapping[str, str]
) -> None:
    sent = egress is not None and egress.left
    where = f"sent to {egress.destination}{_whose(egress)}" if egress and sent else _unsent(egress)
    marked = (", narrative" if one.narrative else "") + (f", round {one.round + 1}" if one.round else "")
    marked += f", {attempts} attempts" if attempts > 1 else ""
    kept = f"{facts - len(set(one.facts))} kept back" + _why_kept(one)
    head = f"{one.template} ({where}{marked}; {counted_facts(len(one.facts))} shown, {kept})"
    console.print(Padding(Text(head, "bold"), (0, 0, 0, 2)))
    console.print(Padding(Text(visible(egress.text if egress else one.prompt), "dim"), (0, 0, 0, 4)))
    if one.claims or one.urgency is not None:
        console.print(Padding(Text("Answer of the remote model, unchecked:", "bold"), (0, 0, 0, 4)))
    if one.urgency is not None:
        console.print(Padding(Text(f"it would say urgency {one.urgency}"), (0, 0, 0, 6)))
    for claim in one.claims[:MOST_CLAIMS]:
        console.print(Padding(_claim(claim, names), (0, 0, 0, 6)))
    if len(one.claims) > MOST_CLAIMS:
        more = f"{len(one.claims) - MOST_CLAIMS} more statements"
        console.print(Padding(Text(more, "dim"), (0, 0, 0, 6)))
    if one.needs is not None:
        console.print(Padding(Text(f"it asks for: {one.needs}"), (0, 0, 0, 6)))


def _whose(egress: Egress) -> str:
    return ", declared inside" if egress.inside else ""


def _unsent(egress: Egress | None) -> str:
    if egress is not None and egress.outcome == Outcome.NOT_APPROVED:
        return "not sent; it needs a person's yes"
    return "not sent; it would have asked"


def _end(egress: Egress) -> str:
    return egress.outcome.replace("_", " ") if egress.outcome else "what became of it is not known"


def _why_kept(one: Advice) -> str:
    """Return how many facts stayed, and why, for other reasons than that the question does not need them."""
    reasons = Counter(why for _, why in one.withheld)
    told = [f"{count} because {why}" for why, count in reasons.items() if why != NOT_NEEDED]
    return f", of these {'; '.join(told)}" if told else ""


def _claim(claim: AdviceClaim, names: Mapping[str, str]) -> Text:
    """Return a statement and what it cites, as the model wrote it; one that cites nothing shown is marked."""
    cited = [names[fact] for fact in claim.facts if fact in names]
    remarks = [f"confidence {claim.confidence}"] if claim.confidence else []
    remarks += [f"it names the source “{visible(claim.source)}”, not looked up"] if claim.source else []
    remarks += [f"{claim.unknown} of its citations were never shown"] if claim.unknown else []
    text = Text(f"• {visible(claim.statement)}")
    if cited:
        text.append(f" ← {visible('; '.join(cited))}", "cyan")
    else:
        text.append(" ! cites no fact that it was shown", "bold red")
    if remarks:
        text.append(f" ({'; '.join(remarks)})", "dim")
    return text


def _disagreements(console: Console, result: CaseResult) -> None:
    if result.disagreements:
        console.print(Text("They disagree:", "bold red"))
    for one in result.disagreements:
        sides = "; but ".join(f"{who}: {said}" for who, said in (one.one, one.other))
        console.print(Padding(Text(visible(f"{one.about}: {sides}")), (0, 0, 0, 2)))


def _sources(console: Console, done: Done, searched: Sequence[Searched]) -> None:
    if searched:
        console.print(Text("Sources", "bold"))
    for one in searched:
        egress = done.query(one)
        unsent = "not sent; remembered from before" if one.outcome == "answered" else _unsent(egress)
        head = f"{visible(one.query)} ({f'sent to {egress.destination}' if egress and egress.left else unsent})"
        console.print(Padding(Text(head, "bold"), (0, 0, 0, 2)))
        for number, hit in enumerate(one.hits, start=1):
            console.print(Padding(Text(f"[S{number}] {visible(hit.title)}"), (0, 0, 0, 4)))
            console.print(Padding(Text(f"{hit.host} — {hit.url}", "cyan"), (0, 0, 0, 9)))
            page = Text.assemble(("the page's own words, unchecked: ", "bold"), visible(hit.snippet))
            console.print(Padding(page, (0, 0, 0, 9)))
