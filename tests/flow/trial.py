"""One graph under test, whose remote node writes down what it saw, and what a pair of graphs must do."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from operator import add
from typing import Annotated, Any, TypeVar, cast

import pytest
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import StateGraph
from langgraph.runtime import Runtime
from typing_extensions import TypedDict

from bedside.boundary import Draft, Prompt, PromptRegistry, PromptTemplate, RemoteText, SealedText
from bedside.errors import PrivacyFlowError
from bedside.flow import (
    REMOTE,
    START,
    CaseState,
    ClinicalGraph,
    CompiledClinicalGraph,
    Private,
    RemoteServices,
    Shareable,
    release,
)
from bedside.persistence import serializer
from bedside.testing._bench import run
from tests.conftest import SECRET, Bench

Test = TypeVar("Test", bound=Callable[..., Any])

PROMPTS = PromptRegistry({"test/ask": PromptTemplate("test/ask", "{{facts}}\nWhat is it?", "0" * 64)})


class State(CaseState):
    note: Private[str]
    drafts: Private[list[Draft]]
    questions: Shareable[list[SealedText]]
    answers: Annotated[Shareable[list[RemoteText]], add]


class Ask(TypedDict):
    question: Shareable[SealedText]


class PlainState(TypedDict):
    note: str


@dataclass
class Trial:
    """One graph under test, with a list of all that its remote node saw.

    Attributes:
        is_async: Whether graphs run by `ainvoke`.
    """

    is_async: bool = False
    bench: Bench = field(default_factory=Bench)
    seen: list[str] = field(default_factory=list)

    def spy(self, state: State, runtime: Runtime[Any], config: RunnableConfig) -> None:
        self.seen.append(f"{state} {runtime} {config}")

    async def consult(self, state: State, runtime: Runtime[RemoteServices]) -> dict[str, Any]:
        self.seen.append(repr(state))
        return {
            "answers": [
                await runtime.context.model.ask(Prompt("test/ask", {"facts": question}))
                for question in state["questions"]
            ]
        }

    def graph(self, schema: type[Any] = State, remote: Any = None, **remote_options: Any) -> ClinicalGraph:
        """write drafts → release → remote."""
        graph = ClinicalGraph(schema)
        graph.add_node("ask", lambda state: {"drafts": [self.bench.draft()], "note": SECRET})
        graph.add_node("release", release("drafts", "questions"))
        graph.add_node("consult", remote or self.spy, zone=REMOTE, **remote_options)
        graph.add_edge(START, "ask")
        graph.add_edge("ask", "release")
        graph.add_edge("release", "consult")
        return graph

    def with_node(self, action: Any, **options: Any) -> ClinicalGraph:
        """The same with a local node after the first."""
        graph = self.graph()
        graph.add_node("extra", action, **options)
        graph.add_edge("ask", "extra")
        return graph

    def returning(self, output: Callable[[], Any]) -> ClinicalGraph:
        """The same with a local node that returns something."""
        return self.with_node(lambda state: output())

    def run(self, graph: ClinicalGraph, values: dict[str, Any] | None = None, **options: Any) -> dict[str, Any]:
        """Run a graph to its end, with the secret wherever a caller can put text."""
        app = graph.compile(prompts=PROMPTS, **options)
        config: RunnableConfig = {"configurable": {"thread_id": SECRET}, "metadata": {"who": SECRET}}
        return self.call(app, {"case": self.bench.case, **(values or {})}, config)

    def call(
        self, app: CompiledClinicalGraph, values: Any, config: RunnableConfig | None = None, **options: Any
    ) -> dict[str, Any]:
        """`invoke` or `ainvoke`."""
        if self.is_async:
            result: dict[str, Any] = run(app.ainvoke(values, config, context=self.bench.services, **options))
        else:
            result = app.invoke(values, config, context=self.bench.services, **options)
        return result

    async def arun(self, graph: ClinicalGraph, values: dict[str, Any] | None = None, **options: Any) -> Any:
        """`run` for a graph with asynchronous nodes."""
        app = graph.compile(prompts=PROMPTS, **options)
        config: RunnableConfig = {"configurable": {"thread_id": SECRET}, "metadata": {"who": SECRET}}
        return await app.ainvoke({"case": self.bench.case, **(values or {})}, config, context=self.bench.services)

    def paused(
        self, graph: ClinicalGraph | None = None, **options: Any
    ) -> tuple[CompiledClinicalGraph, RunnableConfig]:
        """A graph that was run up to its remote node."""
        options = {"interrupt_before": ["consult"], **options}
        app = (graph or self.graph()).compile(InMemorySaver(serde=serializer()), prompts=PROMPTS, **options)
        config: RunnableConfig = {"configurable": {"thread_id": "t"}}
        self.call(app, {"case": self.bench.case}, config)
        return app, config


def plain_subgraph(node: Any = lambda state: {"note": SECRET}, schema: Any = PlainState) -> Any:
    """A graph of LangGraph's own, compiled."""
    plain = StateGraph(schema)
    plain.add_node("inner", node)
    plain.add_edge(START, "inner")
    return plain.compile()


Attempt = Callable[[Trial], Awaitable[Any] | None]
Pair = tuple[str, Attempt, Attempt]
"""A name, what must be refused, and its nearest neighbour that must run to its end."""


def pairs(table: Sequence[Pair]) -> Callable[[Test], Test]:
    """Run a test over a table of pairs, sync and async."""

    def over(test: Test) -> Test:
        both = pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
        rows = [pytest.param(refused, accepted, id=name) for name, refused, accepted in table]
        return cast(Test, both(pytest.mark.parametrize(("refused", "accepted"), rows)(test)))

    return over


async def check_pair(refused: Attempt, accepted: Attempt, is_async: bool) -> None:
    """The first is refused, with a remedy and before its remote node saw the secret; the second runs."""
    trial = Trial(is_async)
    with pytest.raises(PrivacyFlowError) as raised:
        await _maybe(refused(trial))
    assert raised.value.remedy
    assert SECRET not in str(raised.value)
    assert SECRET not in str(trial.seen)

    neighbour = Trial(is_async)
    await _maybe(accepted(neighbour))
    assert SECRET not in str(neighbour.seen)


async def _maybe(value: Awaitable[Any] | None) -> None:
    if value is not None:
        await value
