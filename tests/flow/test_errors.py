"""What goes wrong says so, and no message, log or checkpoint holds the patient's text."""

from __future__ import annotations

import json
import logging
import traceback
from collections.abc import Callable
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any

import pytest
from langchain_core.runnables import RunnableConfig, RunnableLambda
from langgraph.cache.memory import InMemoryCache
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.errors import GraphRecursionError
from langgraph.graph import StateGraph
from langgraph.types import CachePolicy, Overwrite, RetryPolicy
from pydantic import BaseModel

from bedside.boundary import PromptRegistry
from bedside.errors import CaseError, GraphError, InputError, NodeFailedError
from bedside.flow import END, REMOTE, START, CaseState, ClinicalGraph, Command, Private, Send
from bedside.flow.failures import _is_of_its_source, place_of
from bedside.persistence import serializer
from bedside.records import CaseId
from tests.conftest import SECRET
from tests.flow.trial import PROMPTS, State, Trial, plain_subgraph


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
    trial.call(app, {"case": trial.bench.case}, config)
    trial.call(app, {"case": trial.bench.case}, config)
    with pytest.raises(GraphError, match="another case"):
        trial.call(app, {"case": trial.bench.open()}, config)


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


# --- no message, log or checkpoint holds the patient's text


def stored_errors(saver: InMemorySaver) -> str:
    """What a saver keeps of failures."""
    writes = [write for writes in saver.writes.values() for write in writes.values()]
    return str([write for write in writes if write[1] == "__error__"])


def fail(*_: Any) -> Any:
    raise ValueError(f"cannot parse {SECRET}")


class Counted(BaseModel):
    note: int


def read_count(state: Counted) -> str:
    return END


class FailingReducer(CaseState):
    note: Annotated[Private[str], lambda old, new: fail()]


class FailingRouter:
    def __call__(self, state: State) -> str:
        return str(fail())


def _with_edge(trial: Trial, router: Any) -> ClinicalGraph:
    graph = trial.graph()
    graph.add_conditional_edges("ask", router)
    return graph


def _with_reducer(trial: Trial) -> ClinicalGraph:
    graph = ClinicalGraph(FailingReducer)
    graph.add_node("write", lambda state: {"note": "x"})
    graph.add_edge(START, "write")
    return graph


def _reading_badly(trial: Trial) -> ClinicalGraph:
    return trial.with_node(lambda state: None, input_schema=Counted)


def _with_key(trial: Trial) -> ClinicalGraph:
    return trial.with_node(lambda state: None, cache_policy=CachePolicy(key_func=fail))


def _with_retry_on(trial: Trial) -> ClinicalGraph:
    return trial.with_node(fail, retry_policy=RetryPolicy(retry_on=fail))


def _with_handler(trial: Trial) -> ClinicalGraph:
    return trial.with_node(fail, error_handler=fail)


FAILURES: dict[str, Callable[[Trial], ClinicalGraph]] = {
    "node": lambda trial: trial.with_node(fail),
    "remote node": lambda trial: trial.graph(remote=fail),
    "input as a model": _reading_badly,
    "router": lambda trial: _with_edge(trial, lambda state: fail()),
    "router that is a Runnable": lambda trial: _with_edge(trial, RunnableLambda(fail, name="router")),
    "router that is an object": lambda trial: _with_edge(trial, FailingRouter()),
    "router that reads a model": lambda trial: _with_edge(trial, read_count),
    "reducer": _with_reducer,
    "cache key": _with_key,
    "retry_on": _with_retry_on,
    "error handler": _with_handler,
}


@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
@pytest.mark.parametrize("what", FAILURES)
def test_a_failure_is_told_by_its_type(what: str, is_async: bool, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    trial, saver = Trial(is_async), InMemorySaver(serde=serializer())
    options: dict[str, Any] = {"checkpointer": saver, "cache": InMemoryCache[Any]()}
    with pytest.raises(
        NodeFailedError, match=r"node '\w+(-[\w-]+)?' failed with (ValueError|ValidationError)"
    ) as raised:
        trial.run(FAILURES[what](trial), **options)
    assert SECRET not in str(raised.value)
    assert SECRET in str(raised.value.original)
    assert SECRET not in stored_errors(saver)
    assert SECRET not in caplog.text


UNKNOWN: dict[str, Callable[[Trial], Any]] = {
    "router": lambda trial: trial.run(_with_edge(trial, lambda state: state["note"])),
    "Send of a router": lambda trial: trial.run(_with_edge(trial, lambda state: [Send(SECRET, {})])),
    "goto": lambda trial: trial.run(trial.returning(lambda: Command(goto=SECRET))),
    "Send in goto": lambda trial: trial.run(trial.returning(lambda: Command(goto=[Send(SECRET, {})]))),
    "goto of a remote node": lambda trial: trial.run(trial.graph(remote=lambda state: Command(goto=SECRET))),
    "goto out of a sub-graph": lambda trial: trial.run(
        trial.with_node(plain_subgraph(lambda state: Command(graph=Command.PARENT, goto=SECRET)))
    ),
    "written channel": lambda trial: trial.run(trial.returning(lambda: {SECRET: 1})),
    "written model field": lambda trial: trial.run(trial.returning(lambda: Command(update={SECRET: 1}))),
    "sent channel": lambda trial: trial.run(_with_edge(trial, lambda state: [Send("consult", {SECRET: 1})])),
    "graph input": lambda trial: trial.run(trial.graph(), {SECRET: 1}),
    "goto as graph input": lambda trial: trial.call(trial.paused()[0], Command(goto=SECRET), trial.paused()[1]),
}


@pytest.mark.parametrize("what", UNKNOWN)
def test_a_name_that_nobody_declared_is_an_error_without_it(what: str, caplog: pytest.LogCaptureFixture) -> None:
    """A node may put a word of the note where a name belongs; LangGraph logs the name and goes on."""
    caplog.set_level(logging.DEBUG)
    with pytest.raises(GraphError) as raised:
        UNKNOWN[what](Trial())
    assert SECRET not in str(raised.value)
    assert SECRET not in caplog.text


def test_plain_langgraph_logs_the_name(caplog: pytest.LogCaptureFixture) -> None:
    graph = StateGraph(State)
    graph.add_node("goes", lambda state: Command(goto=SECRET))
    graph.add_edge(START, "goes")
    app: Any = graph.compile()
    app.invoke({})
    assert SECRET in caplog.text


def test_a_slip_of_the_pen_is_told_the_nearest_name() -> None:
    with pytest.raises(GraphError, match="did you mean 'note'"):
        Trial().run(Trial().returning(lambda: {"nte": 1}))


@pytest.mark.parametrize("option", ["retry", "input"])
def test_a_deprecated_option_is_an_error(option: str) -> None:
    """LangGraph would take it past the wrapper."""
    with pytest.raises(GraphError, match="deprecated"):
        Trial().with_node(lambda state: None, **{option: RetryPolicy()})


def test_a_zone_that_is_no_zone_is_an_error() -> None:
    """A node that was meant to be remote must not run as a local one."""
    zone: Any = "remote"
    with pytest.raises(GraphError, match="REMOTE"):
        Trial().graph().add_node("x", lambda state: None, zone=zone)


@pytest.mark.parametrize("schema", [Counted, int])
def test_a_state_that_is_no_typed_dict_is_an_error(schema: Any) -> None:
    with pytest.raises(GraphError, match="TypedDict"):
        ClinicalGraph(schema)


def test_a_node_can_read_its_input_as_a_model() -> None:
    class Read(BaseModel):
        note: str

    trial, read = Trial(), list[Any]()

    def router(state: Any) -> str:
        read.append(state)
        return END

    graph = trial.with_node(lambda state: read.append(state), input_schema=Read)
    graph.add_conditional_edges("extra", router)
    trial.run(graph)
    assert read == [Read(note=SECRET), Read(note=SECRET)]


def test_a_router_that_names_no_node_is_an_error_without_its_text() -> None:
    trial = Trial()
    graph = trial.graph()
    graph.add_conditional_edges("ask", lambda state: f"Patient {state['note']}")
    with pytest.raises(GraphError, match="no node of the graph") as raised:
        trial.run(graph)
    assert SECRET not in str(raised.value)


# --- what a node returns, and LangGraph would quote


ODD_OUTPUTS: dict[str, Callable[[], Any]] = {
    "a mapping that is no dict": lambda: MappingProxyType({"note": SECRET, "unknown": SECRET}),
    "a bare Overwrite": lambda: Overwrite(SECRET),
    "a bare Send": lambda: Send("consult", {"note": SECRET}),
    "a list of dicts": lambda: [{"note": SECRET}],
    "a tuple of words": lambda: (SECRET, SECRET),
    "an empty list": lambda: [],
    "a list with a Command and text": lambda: [Command(update={"note": "x"}), SECRET],
    "text": lambda: SECRET,
    "bytes": lambda: SECRET.encode(),
    "a set": lambda: {SECRET},
}


@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
@pytest.mark.parametrize("what", ODD_OUTPUTS)
def test_what_a_node_returns_is_quoted_nowhere(what: str, is_async: bool, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    trial, saver = Trial(is_async), InMemorySaver(serde=serializer())
    with pytest.raises(GraphError) as raised:
        trial.run(trial.returning(ODD_OUTPUTS[what]), checkpointer=saver)
    assert SECRET not in "".join(traceback.format_exception(raised.value))
    assert SECRET not in stored_errors(saver)
    assert SECRET not in caplog.text


def test_plain_langgraph_quotes_what_a_node_returns() -> None:
    graph = StateGraph(State)
    graph.add_node("returns", lambda state: [{"note": SECRET}])
    graph.add_edge(START, "returns")
    app: Any = graph.compile()
    with pytest.raises(Exception, match=SECRET):
        app.invoke({})


def test_a_mapping_that_is_no_dict_is_written() -> None:
    trial = Trial()
    result = trial.run(trial.returning(lambda: MappingProxyType({"note": "seen"})))
    assert result["note"] == "seen"


class OwnError(InputError):
    """A user's own, of a type of Bedside's."""


class OwnSignal(BaseException):
    """What `except Exception` does not see."""


def _chained(state: Any) -> None:
    try:
        fail()
    except ValueError as error:
        raise InputError("the note cannot be read") from error


def _in_context(state: Any) -> None:
    try:
        fail()
    finally:
        raise KeyError(SECRET)


def raising(error: BaseException) -> Callable[[Any], None]:
    def node(state: Any) -> None:
        raise error

    return node


RAISED: dict[str, tuple[Callable[[Any], None], str]] = {
    "an error of Bedside's type": (raising(InputError(f"no such drug: {SECRET}")), "InputError"),
    "of a user's own type": (raising(OwnError(SECRET)), "OwnError"),
    "an exit with text": (raising(SystemExit(f"cannot go on with {SECRET}")), "SystemExit"),
    "no Exception at all": (raising(OwnSignal(SECRET)), "OwnSignal"),
    "raised from another": (_chained, "InputError"),
    "raised while another was handled": (_in_context, "KeyError"),
    "a group": (raising(ExceptionGroup(SECRET, [ValueError(SECRET)])), "ExceptionGroup"),
}


@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
@pytest.mark.parametrize("what", RAISED)
def test_guarantee_of_a_nodes_own_error_type_and_place_are_told_and_no_word(
    what: str, is_async: bool, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    trial, saver = Trial(is_async), InMemorySaver(serde=serializer())
    node, name = RAISED[what]
    with pytest.raises(NodeFailedError, match=f"failed with {name} at .*test_errors.py, line [0-9]+;") as raised:
        trial.run(trial.with_node(node), checkpointer=saver)
    assert SECRET not in "".join(traceback.format_exception(raised.value))
    assert SECRET not in repr(raised.value.__context__)
    assert raised.value.__cause__ is None
    assert SECRET not in stored_errors(saver)
    assert SECRET not in caplog.text


def test_an_error_that_bedside_raised_keeps_its_words_and_loses_what_is_behind_it() -> None:
    trial = Trial()
    with pytest.raises(CaseError, match="unknown to this store") as raised:
        trial.run(trial.with_node(lambda state: trial.bench.cases.documents(CaseId("case-0"))))
    assert raised.value.__context__ is None


def test_langgraphs_own_words_are_told() -> None:
    trial = Trial()
    app = trial.graph().compile(prompts=PROMPTS)
    with pytest.raises(GraphRecursionError, match="Recursion limit of 2"):
        trial.call(app, {"case": trial.bench.case}, {"recursion_limit": 2})
    app = trial.graph().compile(InMemorySaver(serde=serializer()), prompts=PROMPTS)
    with pytest.raises(ValueError, match="thread_id"):
        trial.call(app, {"case": trial.bench.case})


# --- the case of a thread


class Liar(str):
    """Text that says it equals anything."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return True

    def __ne__(self, other: object) -> bool:
        return False

    __hash__ = str.__hash__


SWAPS: dict[str, Callable[[str], Any]] = {
    "Overwrite": Overwrite,
    "Overwrite as a dict": lambda other: {"__overwrite__": other},
    "Overwrite as JSON": lambda other: {"value": other, "type": "__overwrite__"},
    "text that equals anything": Liar,
    "another case": lambda other: other,
    "a list": lambda other: [other],
}


@pytest.mark.parametrize("way", ["input", "node", "update_state", "command"])
@pytest.mark.parametrize("swap", SWAPS)
def test_guarantee_a_thread_keeps_its_case(swap: str, way: str) -> None:
    trial = Trial()
    other = SWAPS[swap](trial.bench.open())
    if way == "node":
        with pytest.raises(GraphError, match="case"):
            trial.run(trial.with_node(lambda state: {"case": other}))
        return
    app, config = trial.paused()
    tries: dict[str, Callable[[], Any]] = {
        "input": lambda: trial.call(app, {"case": other}, config),
        "command": lambda: trial.call(app, Command(update={"case": other}), config),
        "update_state": lambda: app.update_state(config, {"case": other}, as_node="ask"),
    }
    with pytest.raises(GraphError, match="case"):
        tries[way]()
    assert app.get_state(config).values["case"] == trial.bench.case


def test_a_state_cannot_declare_its_case_anew() -> None:
    class Own(CaseState):
        case: Private[str]  # type: ignore[misc]

    graph = ClinicalGraph(Own)
    graph.add_node("x", lambda state: None)
    graph.add_edge(START, "x")
    with pytest.raises(GraphError, match="declares the channel 'case' anew"):
        graph.compile()


@pytest.mark.parametrize("code", ["json.loads('{')", "exec('json.loads(chr(123))')"])
def test_the_place_of_an_error_is_in_the_users_file_and_not_in_a_librarys(code: str) -> None:
    with pytest.raises(ValueError, match="Expecting") as raised:
        eval(compile(code, "<typed in>", "eval"), {"json": json})
    assert place_of(raised.value).startswith(f"{__file__}, line ")


@pytest.mark.parametrize(("number", "told"), [("25", True), ("999", True), ("1000", False), ("07700900123", False)])
def test_of_a_librarys_message_short_numbers_are_told_and_long_ones_are_not(
    tmp_path: Path, number: str, told: bool
) -> None:
    """A limit is the library's; a telephone number may be the note's."""
    file = tmp_path / "pregel.py"
    file.write_text('def go(number):\n    raise ValueError(f"limit of {number} reached")\n', encoding="utf-8")
    module: dict[str, Any] = {"__name__": "langgraph.pregel"}
    exec(compile(file.read_text(encoding="utf-8"), str(file), "exec"), module)
    with pytest.raises(ValueError, match="limit") as raised:
        module["go"](number)
    assert _is_of_its_source(raised.value, ()) is told
