"""A graph of one's own that looks up guidelines: queries of code tables' words go out, citations come home.

bedside run examples/literature.py:build examples/notes/chest_pain.txt --search recorded:examples/hits.json

Without --search nothing leaves; with --search duckduckgo (`pip install 'bedside[search]'`) a real engine is asked.
"""

from operator import add
from typing import Annotated, Any

import bedside
from bedside import Draft, Private, RemoteText, SealedText, Shareable
from bedside.agents.reader import read_note
from bedside.boundary import Coded, Heading


class Literature(bedside.CaseState):
    searches: Private[list[Draft]]
    queries: Shareable[list[SealedText]]
    found: Annotated[Shareable[list[RemoteText]], add]
    citations: Private[list[str]]


class Shown(bedside.CaseState):
    citations: Private[list[str]]


def wonder(state: Literature, runtime: Any) -> dict[str, list[Draft]]:
    """An own agent: what is there on the first two problems that the note states as present?"""
    note = "\n".join(runtime.context.cases.documents(state["case"]).values())
    facts = [fact for fact in read_note("note", note).facts if fact.kind == "problem" and fact.concept]
    present = dict.fromkeys(fact.display for fact in facts if fact.assertion == "present")
    words = [(Coded(heading=Heading.QUERY, display=display),) for display in list(present)[:2]]
    return {"searches": [Draft(template="search/guideline", slots=slots) for slots in words]}


async def search(state: Literature, runtime: Any) -> dict[str, list[RemoteText]]:
    """The remote node: it sees the sealed queries and the search, and nothing else."""
    return {"found": [await runtime.context.search.ask(query) for query in state["queries"]]}


def cite(state: Literature) -> dict[str, list[str]]:
    """What came back is a stranger's text: shown, and never acted on."""
    return {"citations": [one.text or one.outcome.value for one in state["found"]]}


def build() -> bedside.ClinicalGraph:
    graph = bedside.ClinicalGraph(Literature, output_schema=Shown)
    graph.add_node("wonder", wonder)
    graph.add_node("release", bedside.release("searches", "queries", destination="search"))
    graph.add_node("search", search, zone=bedside.REMOTE)
    graph.add_node("cite", cite)
    graph.add_edge(bedside.START, "wonder").add_edge("wonder", "release").add_edge("release", "search")
    return graph.add_edge("search", "cite")
