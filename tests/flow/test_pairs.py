"""Pairs of graphs: one that must be refused, and its nearest neighbour that must work.

In each pair a remote node writes down what it saw. `refused` must raise `PrivacyFlowError`, or reach the end with
the question not done, and in both cases the remote node must not have seen the secret. `accepted` must run.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import Enum, IntFlag
from operator import add
from typing import Annotated, Any

import pytest
from langchain_core.runnables import RunnableConfig
from langgraph.cache.memory import InMemoryCache
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.config import get_config, get_store
from langgraph.graph import StateGraph
from langgraph.pregel.remote import RemoteGraph
from langgraph.runtime import Runtime
from langgraph.store.memory import InMemoryStore
from langgraph.types import CachePolicy, RetryPolicy, interrupt
from pydantic import BaseModel, ConfigDict, Field, PrivateAttr
from typing_extensions import TypedDict

from bedside.boundary import Draft, Outcome, Prompt, PromptRegistry, PromptTemplate, RemoteText, SealedText
from bedside.errors import GraphError, NodeFailedError, PrivacyFlowError
from bedside.flow import (
    BOUNDARY,
    END,
    LOCAL,
    REMOTE,
    START,
    CaseState,
    ClinicalGraph,
    Command,
    Private,
    RemoteServices,
    Send,
    Shareable,
    Zone,
    release,
)
from bedside.persistence import serializer
from tests.conftest import SECRET, Bench

PROMPTS = PromptRegistry({"test/ask": PromptTemplate("test/ask", "{{facts}}\nWhat is it?", "0" * 64)})


class State(CaseState):
    note: Private[str]
    drafts: Private[list[Draft]]
    questions: Shareable[list[SealedText]]
    answers: Annotated[Shareable[list[RemoteText]], add]


class Ask(TypedDict):
    question: Shareable[SealedText]


@dataclass
class Trial:
    """One graph under test, with a list of all that its remote node saw."""

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

    def run(self, graph: ClinicalGraph, values: dict[str, Any] | None = None, **options: Any) -> dict[str, Any]:
        app = graph.compile(prompts=PROMPTS, **options)
        config: RunnableConfig = {"configurable": {"thread_id": SECRET}, "metadata": {"who": SECRET}}
        result: dict[str, Any] = app.invoke(
            {"case": self.bench.case, **(values or {})}, config, context=self.bench.services
        )
        return result

    async def arun(self, graph: ClinicalGraph, values: dict[str, Any] | None = None, **options: Any) -> Any:
        app = graph.compile(prompts=PROMPTS, **options)
        config: RunnableConfig = {"configurable": {"thread_id": SECRET}, "metadata": {"who": SECRET}}
        return await app.ainvoke({"case": self.bench.case, **(values or {})}, config, context=self.bench.services)


# --- 1. a channel that is re-labelled in another schema


class RelabelledInput(TypedDict):
    note: Shareable[bool]


class SameLabelInput(TypedDict):
    questions: Shareable[list[SealedText]]


def relabelled_channel(trial: Trial) -> None:
    trial.run(trial.graph(input_schema=RelabelledInput))


def same_label_again(trial: Trial) -> None:
    trial.run(trial.graph(input_schema=SameLabelInput))


# --- 2. a shareable channel of a type that can hold anything


class ShareableStr(CaseState):
    text: Shareable[str]


class ShareableSealed(CaseState):
    text: Shareable[SealedText]


def shareable_str(trial: Trial) -> None:
    ClinicalGraph(ShareableStr)


def shareable_sealed(trial: Trial) -> None:
    ClinicalGraph(ShareableSealed)


# --- 3. Send: LangGraph delivers its payload raw


def _with_send(trial: Trial, payload: Callable[[Any], dict[str, Any]]) -> ClinicalGraph:
    graph = ClinicalGraph(State)
    graph.add_node("ask", lambda state: {"drafts": [trial.bench.draft()], "note": SECRET})
    graph.add_node("release", release("drafts", "questions"))
    graph.add_node("consult", trial.spy, zone=REMOTE, input_schema=Ask)
    graph.add_edge(START, "ask")
    graph.add_edge("ask", "release")
    graph.add_conditional_edges("release", lambda state: [Send("consult", payload(state))], ["consult"])
    return graph


def raw_send(trial: Trial) -> None:
    trial.run(_with_send(trial, lambda state: {"note": state["note"]}))


def sealed_send(trial: Trial) -> None:
    trial.run(_with_send(trial, lambda state: {"question": state["questions"][0]}))


# --- 4. and with a plain string in a shareable place


def text_in_send(trial: Trial) -> None:
    trial.run(_with_send(trial, lambda state: {"question": state["note"]}))


# --- 5. graph input


def raw_input(trial: Trial) -> None:
    trial.run(trial.graph(), {"questions": [SECRET]})


def private_input(trial: Trial) -> None:
    trial.run(trial.graph(), {"note": SECRET})


# --- 6. update_state


def _paused(trial: Trial) -> tuple[Any, RunnableConfig]:
    app = trial.graph().compile(InMemorySaver(serde=serializer()), prompts=PROMPTS, interrupt_before=["consult"])
    config: RunnableConfig = {"configurable": {"thread_id": "t"}}
    app.invoke({"case": trial.bench.case}, config, context=trial.bench.services)
    return app, config


def update_shareable(trial: Trial) -> None:
    app, config = _paused(trial)
    app.update_state(config, {"questions": [SECRET]}, as_node="release")
    app.invoke(None, config, context=trial.bench.services)


def update_private(trial: Trial) -> None:
    app, config = _paused(trial)
    app.update_state(config, {"note": SECRET}, as_node="release")
    app.invoke(None, config, context=trial.bench.services)


# --- 7. Command(update) as the input of a resumed graph


def command_input(trial: Trial) -> None:
    app, config = _paused(trial)
    app.invoke(Command(update={"questions": [SECRET]}), config, context=trial.bench.services)


def command_private_input(trial: Trial) -> None:
    app, config = _paused(trial)
    app.invoke(Command(update={"note": SECRET}), config, context=trial.bench.services)


# --- 8. Command(update) returned by a local node


def _returning(trial: Trial, output: Callable[[], Any]) -> ClinicalGraph:
    graph = trial.graph()
    graph.add_node("extra", lambda state: output())
    graph.add_edge("ask", "extra")
    return graph


def command_shareable(trial: Trial) -> None:
    trial.run(_returning(trial, lambda: Command(update={"answers": [SECRET]})))


def command_private(trial: Trial) -> None:
    trial.run(_returning(trial, lambda: Command(update={"note": SECRET})))


# --- 9. a local node that writes a shareable channel


def local_writes_shareable(trial: Trial) -> None:
    trial.run(_returning(trial, lambda: {"questions": []}))


def local_writes_private(trial: Trial) -> None:
    trial.run(_returning(trial, lambda: {"note": SECRET}))


# --- 10. a remote node whose input schema names a private channel


class ReadsNote(TypedDict):
    note: Private[str]
    questions: Shareable[list[SealedText]]


class ReadsQuestions(TypedDict):
    questions: Shareable[list[SealedText]]


def remote_reads_private(trial: Trial) -> None:
    trial.run(trial.graph(input_schema=ReadsNote))


def remote_reads_shareable(trial: Trial) -> None:
    trial.run(trial.graph(input_schema=ReadsQuestions))


# --- 11. ambient config and store


def _ambient(trial: Trial) -> Callable[[State], None]:
    def remote(state: State) -> None:
        config = get_config()
        read = config["configurable"].get("__pregel_read")
        trial.seen.append(f"{config} {read and read('note', False)} {config['configurable'].get('thread_id')}")

    return remote


def ambient_config(trial: Trial) -> None:
    trial.run(trial.graph(remote=_ambient(trial)))
    assert SECRET not in str(trial.seen)
    assert len(trial.seen) == 1


def ambient_store(trial: Trial) -> None:
    store = InMemoryStore()
    store.put(("notes",), "1", {"text": SECRET})

    def remote(state: State, runtime: Runtime[Any]) -> None:
        trial.seen.append(f"{runtime.store} {get_store()}")

    trial.run(trial.graph(remote=remote), store=store)
    assert trial.seen == ["None None"]


# --- 12. interrupt in a remote node: the person's answer would reach it


def remote_interrupt(trial: Trial) -> None:
    trial.run(trial.graph(remote=lambda state: interrupt("?")), checkpointer=InMemorySaver(serde=serializer()))


def local_interrupt(trial: Trial) -> None:
    trial.run(_returning(trial, lambda: interrupt("?")), checkpointer=InMemorySaver(serde=serializer()))


# --- 13. a plain compiled sub-graph


def _plain() -> Any:
    plain = StateGraph(State)
    plain.add_node("inner", lambda state: {"note": SECRET})
    plain.add_edge(START, "inner")
    return plain.compile()


def plain_subgraph_remote(trial: Trial) -> None:
    trial.run(trial.graph(remote=_plain()))


class PlainState(TypedDict):
    note: str


def plain_subgraph_local(trial: Trial) -> None:
    plain = StateGraph(PlainState)
    plain.add_node("inner", lambda state: {"note": SECRET})
    plain.add_edge(START, "inner")
    graph = trial.graph()
    graph.add_node("sub", plain.compile())
    graph.add_edge("ask", "sub")
    trial.run(graph)


# --- 14. a plain sub-graph that hands back a shareable channel


def plain_subgraph_writes_shareable(trial: Trial) -> None:
    graph = trial.graph()
    graph.add_node("sub", _plain())
    graph.add_edge("ask", "sub")
    trial.run(graph)


# --- 15. a command from a plain sub-graph to its parent


def _subgraph_commanding(trial: Trial, update: dict[str, Any]) -> ClinicalGraph:
    plain = StateGraph(PlainState)
    plain.add_node("inner", lambda state: Command(graph=Command.PARENT, update=update))
    plain.add_edge(START, "inner")
    graph = trial.graph()
    graph.add_node("sub", plain.compile())
    graph.add_edge("ask", "sub")
    return graph


def parent_command_shareable(trial: Trial) -> None:
    trial.run(_subgraph_commanding(trial, {"answers": [SECRET]}))


def parent_command_private(trial: Trial) -> None:
    trial.run(_subgraph_commanding(trial, {"note": SECRET}))


# --- 16. a remote node that writes text of its own making


def remote_writes_text(trial: Trial) -> None:
    trial.run(trial.graph(remote=lambda state: {"answers": ["made up"]}))


async def remote_writes_answer(trial: Trial) -> None:
    result = await trial.arun(trial.graph(remote=trial.consult))
    assert [answer.outcome for answer in result["answers"]] == [Outcome.NOT_CONFIGURED]


# --- 17. a remote node that writes a private channel


def remote_writes_private(trial: Trial) -> None:
    trial.run(trial.graph(remote=lambda state: {"note": "x"}))


# --- 18. a boundary node of one's own


def own_boundary_node(trial: Trial) -> None:
    graph = trial.graph()
    graph.add_node("mine", lambda state: {"questions": [state["note"]]}, zone=BOUNDARY)


def own_agent_before_release(trial: Trial) -> None:
    graph = trial.graph()
    graph.add_node("mine", lambda state: {"drafts": [trial.bench.draft("hypertension")]})
    graph.add_edge("ask", "mine")
    trial.run(graph)


# --- 19. a release node whose target is private


def release_into_private(trial: Trial) -> None:
    graph = trial.graph()
    graph.add_node("again", release("drafts", "note"))
    trial.run(graph)


# --- 20. a cache over a remote node


def cached_remote(trial: Trial) -> None:
    trial.run(trial.graph(cache_policy=CachePolicy()), cache=InMemoryCache())


def cached_local(trial: Trial) -> None:
    graph = trial.graph()
    graph.add_node("cached", lambda state: {"note": SECRET}, cache_policy=CachePolicy())
    graph.add_edge("ask", "cached")
    trial.run(graph, cache=InMemoryCache())


# --- 21. a reducer that LangGraph would ignore


class ReducerFirst(CaseState):
    answers: Shareable[Annotated[list[RemoteText], add]]


class ReducerLast(CaseState):
    answers: Annotated[Shareable[list[RemoteText]], add]


def reducer_first(trial: Trial) -> None:
    ClinicalGraph(ReducerFirst)


def reducer_last(trial: Trial) -> None:
    ClinicalGraph(ReducerLast)


# --- 22. the stream of a remote node


def remote_stream(trial: Trial) -> None:
    def remote(state: State, runtime: Runtime[Any]) -> None:
        runtime.stream_writer("anything")

    trial.run(trial.graph(remote=remote))


def local_stream(trial: Trial) -> None:
    graph = trial.graph()

    def talk(state: State, runtime: Runtime[Any]) -> None:
        runtime.stream_writer("anything")

    graph.add_node("talk", talk)
    graph.add_edge("ask", "talk")
    trial.run(graph)


# --- 23. a private value without a seal, sent by a local router


class Flag(CaseState):
    note: Private[str]
    flag: Shareable[bool]
    questions: Shareable[list[SealedText]]


def _flag_graph(trial: Trial, payload: Callable[[Any], dict[str, Any]]) -> ClinicalGraph:
    graph = ClinicalGraph(Flag)
    graph.add_node("start", lambda state: {"note": SECRET})
    graph.add_node("consult", lambda state: trial.seen.append(str(state)), zone=REMOTE)
    graph.add_edge(START, "start")
    graph.add_conditional_edges("start", lambda state: [Send("consult", payload(state))], ["consult"])
    return graph


def scalar_in_send(trial: Trial) -> None:
    trial.run(_flag_graph(trial, lambda state: {"flag": "Z" in state["note"]}))


def nothing_in_send(trial: Trial) -> None:
    trial.run(_flag_graph(trial, lambda state: {}))


# --- 24. types that look closed and are not


class Bits(IntFlag):
    ONE = 1


class Colour(Enum):
    RED = "red"


class OpenFlag(CaseState):
    bits: Shareable[Bits]


class ClosedEnum(CaseState):
    colour: Shareable[Colour]


class Hidden(BaseModel):
    model_config = ConfigDict(frozen=True)
    colour: Colour
    _note: str = PrivateAttr(default="")


class Shown(BaseModel):
    model_config = ConfigDict(frozen=True)
    colour: Colour
    level: int = Field(ge=0, le=5)


class OpenModel(CaseState):
    item: Shareable[Hidden]


class ClosedModel(CaseState):
    item: Shareable[list[Shown]]


class UnboundedInt(CaseState):
    number: Shareable[int]


class BoundedInt(CaseState):
    number: Shareable[Annotated[int, Field(ge=0, le=5)]]


class HiddenLabel(CaseState):
    question: Shareable[SealedText] | None


class OpenLabel(CaseState):
    question: Shareable[SealedText | None]


def _building(schema: type[Any]) -> Callable[[Trial], None]:
    def build(trial: Trial) -> None:
        ClinicalGraph(schema)

    return build


# --- 25. a local node that writes through a model's inherited field


class Written(TypedDict):
    note: Private[str]


@dataclass
class Base:
    flag: bool = True


@dataclass
class Derived(Base):
    note: str = "x"


@dataclass
class OnlyNote:
    note: str = "x"


def _writing(trial: Trial, output: Any) -> None:
    graph = ClinicalGraph(Flag)
    graph.add_node("start", lambda state: output)
    graph.add_edge(START, "start")
    trial.run(graph)


def inherited_field(trial: Trial) -> None:
    _writing(trial, Derived())


def own_field(trial: Trial) -> None:
    _writing(trial, OnlyNote())


# --- 26. a graph on another machine


def remote_graph(trial: Trial) -> None:
    trial.graph().add_node("elsewhere", RemoteGraph("agent", url="http://127.0.0.1:9"))


# --- 27. a command to the parent out of a remote node


def remote_to_parent(trial: Trial) -> None:
    def remote(state: State) -> Command[Any]:
        return Command(graph=Command.PARENT, update={"note": "x"})

    trial.run(trial.graph(remote=remote))


# --- 28. a clinical graph inside a clinical graph


def _inner(trial: Trial, zone_of_leak: Zone) -> Any:
    inner = trial.graph(remote=trial.consult)
    inner.add_node("leak", lambda state: {"note": state.get("note", "")}, zone=zone_of_leak)
    inner.add_edge("ask", "leak")
    return inner.compile(prompts=PROMPTS)


async def clinical_in_clinical(trial: Trial) -> None:
    graph = ClinicalGraph(State)
    graph.add_node("sub", _inner(trial, LOCAL))
    graph.add_node("consult", trial.spy, zone=REMOTE)
    graph.add_edge(START, "sub")
    graph.add_edge("sub", "consult")
    result = await trial.arun(graph, {"note": SECRET})
    assert result["note"] == SECRET
    assert result["drafts"]
    assert "questions" not in result  # the inner seals stay inside
    assert trial.bench.cases.egress(trial.bench.case)


async def leak_in_clinical_in_clinical(trial: Trial) -> None:
    graph = ClinicalGraph(State)
    graph.add_node("sub", _inner(trial, REMOTE))
    graph.add_edge(START, "sub")
    await trial.arun(graph, {"note": SECRET})


PAIRS: list[tuple[str, Callable[[Trial], Any], Callable[[Trial], Any]]] = [
    ("re-labelled channel", relabelled_channel, same_label_again),
    ("Shareable[str]", shareable_str, shareable_sealed),
    ("Send of a private channel", raw_send, sealed_send),
    ("Send of a str", text_in_send, sealed_send),
    ("graph input into a shareable channel", raw_input, private_input),
    ("update_state into a shareable channel", update_shareable, update_private),
    ("Command(update) as graph input", command_input, command_private_input),
    ("Command(update) of a local node", command_shareable, command_private),
    ("local node writes a shareable channel", local_writes_shareable, local_writes_private),
    ("remote node reads a private channel", remote_reads_private, remote_reads_shareable),
    ("interrupt in a remote node", remote_interrupt, local_interrupt),
    ("plain sub-graph in the remote zone", plain_subgraph_remote, plain_subgraph_local),
    ("plain sub-graph gives back a shareable channel", plain_subgraph_writes_shareable, plain_subgraph_local),
    ("Command.PARENT with a shareable update", parent_command_shareable, parent_command_private),
    ("remote node writes a str", remote_writes_text, remote_writes_answer),
    ("remote node writes a private channel", remote_writes_private, remote_writes_answer),
    ("a boundary node of one's own", own_boundary_node, own_agent_before_release),
    ("release into a private channel", release_into_private, own_agent_before_release),
    ("cache over a remote node", cached_remote, cached_local),
    ("reducer before the label", reducer_first, reducer_last),
    ("stream of a remote node", remote_stream, local_stream),
    ("Send of a value without a seal", scalar_in_send, nothing_in_send),
    ("Shareable[IntFlag]", _building(OpenFlag), _building(ClosedEnum)),
    ("shareable model with a private attribute", _building(OpenModel), _building(ClosedModel)),
    ("Shareable[int] without bounds", _building(UnboundedInt), _building(BoundedInt)),
    ("label inside a union", _building(HiddenLabel), _building(OpenLabel)),
    ("local write through an inherited field", inherited_field, own_field),
    ("RemoteGraph as a local node", remote_graph, plain_subgraph_local),
    ("leak inside a clinical graph inside another", leak_in_clinical_in_clinical, clinical_in_clinical),
    ("Command.PARENT out of a remote node", remote_to_parent, remote_writes_answer),
]


@pytest.mark.parametrize(("name", "refused", "accepted"), PAIRS, ids=[pair[0] for pair in PAIRS])
async def test_refused_and_its_nearest_neighbour(
    name: str, refused: Callable[[Trial], Any], accepted: Callable[[Trial], Any]
) -> None:
    trial = Trial()
    with pytest.raises(PrivacyFlowError) as raised:
        await _maybe(refused(trial))
    assert raised.value.remedy
    assert SECRET not in str(raised.value)
    assert SECRET not in str(trial.seen)

    neighbour = Trial()
    await _maybe(accepted(neighbour))
    assert SECRET not in str(neighbour.seen)


async def _maybe(value: Any) -> None:
    if value is not None:
        await value


@pytest.mark.parametrize("attempt", [ambient_config, ambient_store])
def test_a_remote_node_sees_nothing_private_in_its_surroundings(attempt: Callable[[Trial], None]) -> None:
    trial = Trial()
    attempt(trial)
    assert len(trial.seen) == 1
    assert SECRET not in str(trial.seen)


@pytest.mark.parametrize("sync", [True, False])
async def test_a_remote_node_is_given_shareable_channels_only(sync: bool) -> None:
    trial = Trial()
    if sync:
        trial.run(trial.graph())
    else:
        await trial.arun(trial.graph())
    assert len(trial.seen) == 1
    assert SECRET not in trial.seen[0]
    assert trial.bench.case in trial.seen[0]  # the seal names its case: a random handle


# --- seals: what fails is not sent, and the case goes on


def forged(sealed: SealedText, trial: Trial) -> Any:
    return replace(sealed, text=f"{SECRET} has {sealed.text}")


def of_another_case(sealed: SealedText, trial: Trial) -> Any:
    other = trial.bench.open()
    return trial.bench.boundary.release(trial.bench.draft(), other, sealed.destination)


def of_another_key(sealed: SealedText, trial: Trial) -> Any:
    return replace(sealed, key_id="0" * 16)


def for_another_destination(sealed: SealedText, trial: Trial) -> Any:
    return trial.bench.boundary.release(trial.bench.draft(), trial.bench.case, "search")


def for_another_template(sealed: SealedText, trial: Trial) -> Any:
    draft = trial.bench.draft(template="test/other")
    return trial.bench.boundary.release(draft, trial.bench.case, sealed.destination)


@pytest.mark.parametrize(
    "tamper", [forged, of_another_case, of_another_key, for_another_destination, for_another_template]
)
async def test_a_broken_seal_is_not_sent_and_the_case_goes_on(tamper: Callable[[SealedText, Trial], Any]) -> None:
    trial = Trial()
    original = trial.bench.boundary.release

    def tampering(draft: Any, case: Any, destination: str) -> Any:
        trial.bench.boundary.release = original  # type: ignore[method-assign]
        return tamper(original(draft, case, destination), trial)  # type: ignore[arg-type]

    trial.bench.boundary.release = tampering  # type: ignore[method-assign]
    result = await trial.arun(trial.graph(remote=trial.consult))
    assert [answer.outcome for answer in result["answers"]] == [Outcome.NOT_SEALED]
    assert not trial.bench.cases.egress(trial.bench.case)
    assert SECRET not in str(trial.seen)


async def test_an_untouched_seal_is_sent() -> None:
    trial = Trial()
    result = await trial.arun(trial.graph(remote=trial.consult))
    assert [answer.outcome for answer in result["answers"]] == [Outcome.NOT_CONFIGURED]
    (egress,) = trial.bench.cases.egress(trial.bench.case)
    assert egress.text == "Present: chest pain.\nWhat is it?"
    assert not egress.left


@pytest.mark.parametrize("registered", [True, False])
async def test_a_seal_reloaded_from_a_checkpoint(registered: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the registered serializer it is a seal again; as a dict it is refused before remote code runs."""
    trial = Trial()
    saver = InMemorySaver(serde=serializer())
    app = trial.graph(remote=trial.consult).compile(saver, prompts=PROMPTS, interrupt_before=["consult"])
    config: RunnableConfig = {"configurable": {"thread_id": "t"}}
    await app.ainvoke({"case": trial.bench.case}, config, context=trial.bench.services)
    if registered:
        result = await app.ainvoke(None, config, context=trial.bench.services)
        assert [answer.outcome for answer in result["answers"]] == [Outcome.NOT_CONFIGURED]
        return
    serde = app.checkpointer.serde  # type: ignore[union-attr]
    loads = serde.loads_typed

    def as_json(data: tuple[str, bytes]) -> Any:
        value = loads(data)
        is_seals = isinstance(value, list) and value and isinstance(value[0], SealedText)
        return (
            [json.loads(json.dumps({"text": seal.text, "mac": seal.mac})) for seal in value] if is_seals else value
        )

    monkeypatch.setattr(serde, "loads_typed", as_json)
    with pytest.raises(PrivacyFlowError, match="another type"):
        await app.ainvoke(None, config, context=trial.bench.services)
    assert not trial.seen


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda graph: graph.add_node("x", lambda state: {"unknown": 1}), "no schema has"),
        (lambda graph: graph.add_node("x", lambda state: 7), "return a dict"),
    ],
)
def test_a_write_that_langgraph_would_lose_is_an_error(build: Callable[[Any], Any], message: str) -> None:
    trial = Trial()
    graph = trial.graph()
    build(graph)
    graph.add_edge("ask", "x")
    with pytest.raises(GraphError, match=message):
        trial.run(graph)


def test_an_unknown_input_channel_is_an_error() -> None:
    trial = Trial()
    with pytest.raises(GraphError, match="no schema"):
        trial.run(trial.graph(), {"nto": "x"})


def test_one_thread_carries_one_case() -> None:
    trial = Trial()
    app = trial.graph().compile(InMemorySaver(serde=serializer()), prompts=PROMPTS)
    config: RunnableConfig = {"configurable": {"thread_id": "t"}}
    app.invoke({"case": trial.bench.case}, config, context=trial.bench.services)
    app.invoke({"case": trial.bench.case}, config, context=trial.bench.services)
    with pytest.raises(GraphError, match="another case"):
        app.invoke({"case": trial.bench.open()}, config, context=trial.bench.services)


def test_a_compiled_graph_stays_as_it_was_checked() -> None:
    trial = Trial()
    graph = trial.graph()
    app = graph.compile(prompts=PROMPTS)
    graph.add_node("later", trial.spy, zone=REMOTE)
    again = graph.compile(prompts=PromptRegistry({}))
    assert "later" not in app.builder.nodes
    assert list(app.prompts) == ["test/ask"]
    assert list(again.prompts) == []
    with pytest.raises(GraphError, match="before compile"):
        app.attach_node("consult", graph.nodes["later"])


@pytest.mark.parametrize("plain", [False, True])
def test_what_a_node_raises_is_neither_stored_nor_shown(plain: bool) -> None:
    """Plain LangGraph writes the exception's text into the checkpoint; here only its type is told."""
    trial = Trial()
    saver = InMemorySaver(serde=serializer())

    def fail(state: State) -> None:
        raise ValueError(f"cannot parse {SECRET}")

    graph: Any = StateGraph(State) if plain else ClinicalGraph(State)
    graph.add_node("fail", fail)
    graph.add_edge(START, "fail")
    app = graph.compile(saver)
    config: RunnableConfig = {"configurable": {"thread_id": "t"}}
    with pytest.raises(Exception, match=r"ValueError|cannot parse") as raised:
        app.invoke({"case": trial.bench.case}, config)
    stored = str([write for writes in saver.writes.values() for write in writes.values()])
    assert (SECRET in stored) is plain
    assert (SECRET in str(raised.value)) is plain
    if isinstance(raised.value, NodeFailedError):
        assert SECRET in str(raised.value.original)


def test_a_retry_policy_sees_the_failure_itself() -> None:
    trial, tries = Trial(), list[int]()

    def flaky(state: State) -> None:
        tries.append(1)
        if len(tries) < 3:
            raise ConnectionError(SECRET)

    graph = ClinicalGraph(State)
    policy = RetryPolicy(initial_interval=0, jitter=False, retry_on=ConnectionError)
    graph.add_node("flaky", flaky, retry_policy=policy)
    graph.add_edge(START, "flaky")
    trial.run(graph)
    assert len(tries) == 3


def test_a_router_that_names_no_node_is_an_error_without_its_text() -> None:
    trial = Trial()
    graph = trial.graph()
    graph.add_conditional_edges("ask", lambda state: f"Patient {state['note']}")
    with pytest.raises(GraphError, match="no node of the graph") as raised:
        trial.run(graph)
    assert SECRET not in str(raised.value)


# --- the same on plain LangGraph: each promise can be broken there


class PlainFull(TypedDict, total=False):
    case: str
    note: str
    questions: list[Any]


class PlainQuestions(TypedDict):
    questions: list[Any]


@pytest.mark.parametrize("leak", ["send", "read", "thread", "input"])
def test_plain_langgraph_lets_private_data_reach_the_same_node(leak: str) -> None:
    seen: list[str] = []

    def remote(state: PlainQuestions, config: RunnableConfig) -> None:
        configurable = config["configurable"]
        seen.append(
            {
                "send": str(state),
                "read": str(configurable["__pregel_read"]("note", False)),
                "thread": str(configurable["thread_id"]),
                "input": str(state.get("questions")),
            }[leak]
        )

    graph = StateGraph(PlainFull)
    graph.add_node("remote", remote, input_schema=PlainQuestions)
    if leak == "send":
        graph.add_node("start", lambda state: {})
        graph.add_edge(START, "start")
        graph.add_conditional_edges("start", lambda state: [Send("remote", state)], ["remote"])
    else:
        graph.add_edge(START, "remote")
    graph.add_edge("remote", END)
    graph.compile().invoke({"note": SECRET, "questions": [SECRET]}, {"configurable": {"thread_id": SECRET}})
    assert SECRET in str(seen)
