"""The part of a graph that asks: from drafts to answers laid beside the rules, in at most three rounds."""

from __future__ import annotations

from typing import Any

from bedside.agents.consultant.channels import Channels, Consultation
from bedside.agents.consultant.consult import Ask, consulting
from bedside.agents.consultant.step import merging, weigh_step
from bedside.agents.planner import following_up
from bedside.agents.reviewer import after_questions
from bedside.errors import GraphError, safe_name
from bedside.flow import REMOTE, ClinicalGraph, release, review

__all__ = ["Consultation", "add_consultation"]


def add_consultation(graph: ClinicalGraph, after: str, then: str, *, name: str = "") -> None:
    """Add the nodes `release`, `review_questions`, `consult`, `merge`, `follow_up` and `weigh` between two nodes.

    release ─▶ review_questions ─▶ consult ×k ─▶ merge ─▶ follow_up ─▶ weigh; a person's rewriting and an answer
    that asks for a kind of fact lead back to `release`.

    A graph may hold several, one after the other. Each further one has a name: its nodes and its own channels begin
    with it (`second_release`, `second_drafts`), and its questions go to the remote model of that name
    (`--consult second=SPEC`). `advice` and `disagreements` are of all together.

    Args:
        graph: A graph whose state has the channels of `Consultation`.
        after: The node that composes `drafts`, or `NAME_drafts`.
        then: The node that follows.
        name: Small letters, digits and underscores; empty for the first.

    Raises:
        GraphError: The name is none.
    """
    if name and not (name.isidentifier() and name.islower()):
        raise GraphError(f"add_consultation: name={safe_name(name)} is not a word in small letters")
    channel = Channels(name)
    schema = channel.schema(graph.state_schema)

    graph.add_node(
        channel("release"),
        release(channel("drafts"), channel("questions"), refused=channel("refused"), consultant=name),
        input_schema=schema,
    )
    graph.add_node(
        channel("review_questions"),
        review(
            channel("questions"),
            approved=channel("approved"),
            drafts=channel("drafts"),
            approver="approver",
            not_done="not_done",
        ),
        input_schema=schema,
    )
    graph.add_node(channel("consult"), consulting(channel("answers"), name), zone=REMOTE, input_schema=Ask)
    graph.add_node(channel("merge"), merging(channel), input_schema=schema)
    graph.add_node(channel("follow_up"), following_up(channel), input_schema=schema)
    graph.add_node(channel("weigh"), weigh_step)
    graph.add_edge(after, channel("release"))
    graph.add_edge(channel("release"), channel("review_questions"))
    route = after_questions(channel)
    targets = [channel("release"), channel("consult"), channel("merge")]
    graph.add_conditional_edges(channel("review_questions"), route, targets)
    graph.add_edge(channel("consult"), channel("merge"))
    graph.add_edge(channel("merge"), channel("follow_up"))

    def after_follow_up(state: dict[str, Any]) -> str:
        return channel("release") if state.get(channel("drafts")) else channel("weigh")

    graph.add_conditional_edges(channel("follow_up"), after_follow_up, [channel("release"), channel("weigh")])
    graph.add_edge(channel("weigh"), then)
