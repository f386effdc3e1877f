"""Pairs over labels: what a channel may be, and who may write what into it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, IntFlag
from operator import add
from typing import Annotated, Any

from langgraph.channels import EphemeralValue, Topic, UntrackedValue
from langgraph.managed import RemainingSteps
from langgraph.types import Overwrite
from pydantic import BaseModel, ConfigDict, Field, PrivateAttr
from typing_extensions import TypedDict

from bedside.boundary import Outcome, RemoteText, SealedText
from bedside.flow import BOUNDARY, REMOTE, START, CaseState, ClinicalGraph, Private, Shareable, release
from tests.conftest import SECRET
from tests.flow.trial import Attempt, Pair, Trial, check_pair, pairs

# --- a channel that is re-labelled in another schema


class RelabelledInput(TypedDict):
    note: Shareable[bool]


class SameLabelInput(TypedDict):
    questions: Shareable[list[SealedText]]


def relabelled_channel(trial: Trial) -> None:
    trial.run(trial.graph(input_schema=RelabelledInput))


def same_label_again(trial: Trial) -> None:
    trial.run(trial.graph(input_schema=SameLabelInput))


# --- types that a shareable channel admits, and types that only look closed


def building(schema: type[Any]) -> Attempt:
    def build(trial: Trial) -> None:
        ClinicalGraph(schema)

    return build


class ShareableStr(CaseState):
    text: Shareable[str]


class ShareableSealed(CaseState):
    text: Shareable[SealedText]


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


class UnboundedOptional(BaseModel):
    model_config = ConfigDict(frozen=True)
    level: int | None = None


class BoundedOptional(BaseModel):
    model_config = ConfigDict(frozen=True)
    level: int | None = Field(default=None, ge=0, le=5)
    question: SealedText | None = None
    others: tuple[bool, ...] = ()


class OpenOptional(CaseState):
    item: Shareable[UnboundedOptional]


class ClosedOptional(CaseState):
    item: Shareable[BoundedOptional]
    note: Private[str]


def optional_unset(trial: Trial) -> None:
    graph = ClinicalGraph(ClosedOptional)
    graph.add_node("write", lambda state: {"item": BoundedOptional()}, zone=REMOTE)
    graph.add_node("read", lambda state: trial.seen.append(str(state)), zone=REMOTE)
    graph.add_edge(START, "write")
    graph.add_edge("write", "read")
    trial.run(graph, {"note": SECRET})
    assert "BoundedOptional" in trial.seen[0]


# --- reducers and channel kinds


class ReducerFirst(CaseState):
    answers: Shareable[Annotated[list[RemoteText], add]]


class ReducerLast(CaseState):
    answers: Annotated[Shareable[list[RemoteText]], add]


class SharedEphemeral(CaseState):
    note: Annotated[Shareable[str], EphemeralValue]


class Kinds(CaseState):
    note: Annotated[Private[str], EphemeralValue]
    untracked: Annotated[Private[str], UntrackedValue]
    topic: Annotated[Private[list[str]], Topic(str, accumulate=True)]
    flag: Annotated[Shareable[bool], EphemeralValue]


def channel_kinds(trial: Trial) -> None:
    graph = ClinicalGraph(Kinds)
    graph.add_node("first", lambda state: {"note": SECRET, "untracked": SECRET, "topic": [SECRET]})
    graph.add_node("second", lambda state: {"flag": True}, zone=REMOTE)
    graph.add_node("third", lambda state: trial.seen.append(str(state)), zone=REMOTE)
    graph.add_edge(START, "first")
    graph.add_edge("first", "second")
    graph.add_edge("second", "third")
    trial.run(graph)
    assert trial.seen == ["{'flag': True}"]


def remote_overwrites(trial: Trial) -> None:
    trial.run(trial.graph(remote=lambda state: {"answers": Overwrite([])}))


class Log(CaseState):
    log: Annotated[Private[list[str]], add]


def local_overwrites(trial: Trial) -> None:
    graph = ClinicalGraph(Log)
    graph.add_node("write", lambda state: {"log": Overwrite(["new"])})
    graph.add_edge(START, "write")
    assert trial.run(graph, {"log": ["old"]})["log"] == ["new"]


class Managed(TypedDict):
    left: RemainingSteps


def remote_reads_managed(trial: Trial) -> None:
    trial.graph(input_schema=Managed)


def local_reads_managed(trial: Trial) -> None:
    left: list[int] = []
    graph = trial.with_node(lambda state: left.append(state["left"]), input_schema=Managed)
    trial.run(graph)
    assert left[0] > 0


# --- who reads and writes what


class ReadsNote(TypedDict):
    note: Private[str]
    questions: Shareable[list[SealedText]]


class ReadsQuestions(TypedDict):
    questions: Shareable[list[SealedText]]


def remote_reads_private(trial: Trial) -> None:
    trial.run(trial.graph(input_schema=ReadsNote))


def remote_reads_shareable(trial: Trial) -> None:
    trial.run(trial.graph(input_schema=ReadsQuestions))


def local_writes_shareable(trial: Trial) -> None:
    trial.run(trial.returning(lambda: {"questions": []}))


def local_writes_private(trial: Trial) -> None:
    trial.run(trial.returning(lambda: {"note": SECRET}))


def remote_writes_text(trial: Trial) -> None:
    trial.run(trial.graph(remote=lambda state: {"answers": ["made up"]}))


async def remote_writes_answer(trial: Trial) -> None:
    result = await trial.arun(trial.graph(remote=trial.consult))
    assert [answer.outcome for answer in result["answers"]] == [Outcome.NOT_CONFIGURED]


def remote_writes_private(trial: Trial) -> None:
    trial.run(trial.graph(remote=lambda state: {"note": "x"}))


def own_boundary_node(trial: Trial) -> None:
    graph = trial.graph()
    graph.add_node("mine", lambda state: {"questions": [state["note"]]}, zone=BOUNDARY)


def own_agent_before_release(trial: Trial) -> None:
    graph = trial.graph()
    graph.add_node("mine", lambda state: {"drafts": [trial.bench.draft("hypertension")]})
    graph.add_edge("ask", "mine")
    trial.run(graph)


def release_into_private(trial: Trial) -> None:
    graph = trial.graph()
    graph.add_node("again", release("drafts", "note"))
    trial.run(graph)


# --- a node that returns a model or a dataclass


@dataclass
class Base:
    flag: bool = True


@dataclass
class Derived(Base):
    note: str = "x"


@dataclass
class OnlyNote:
    note: str = "x"


class Model(BaseModel):
    note: str = ""
    questions: list[Any] = []


class Flagged(CaseState):
    note: Private[str]
    flag: Shareable[bool]


def _writing(trial: Trial, output: Any) -> None:
    graph = ClinicalGraph(Flagged)
    graph.add_node("start", lambda state: output)
    graph.add_edge(START, "start")
    trial.run(graph)


def inherited_field(trial: Trial) -> None:
    _writing(trial, Derived())


def own_field(trial: Trial) -> None:
    _writing(trial, OnlyNote())


def set_field(trial: Trial) -> None:
    trial.run(trial.returning(lambda: Model(note="x", questions=[])))


def unset_field(trial: Trial) -> None:
    """LangGraph would write the default, and so empty the channel."""
    result = trial.run(trial.returning(lambda: Model(note="x")))
    assert result["questions"]
    assert result["note"] == "x"


PAIRS: list[Pair] = [
    ("re-labelled channel", relabelled_channel, same_label_again),
    ("Shareable[str]", building(ShareableStr), building(ShareableSealed)),
    ("Shareable[IntFlag]", building(OpenFlag), building(ClosedEnum)),
    ("shareable model with a private attribute", building(OpenModel), building(ClosedModel)),
    ("Shareable[int] without bounds", building(UnboundedInt), building(BoundedInt)),
    ("optional int without bounds", building(OpenOptional), optional_unset),
    ("label inside a union", building(HiddenLabel), building(OpenLabel)),
    ("reducer before the label", building(ReducerFirst), building(ReducerLast)),
    ("shareable EphemeralValue of str", building(SharedEphemeral), channel_kinds),
    ("Overwrite by a remote node", remote_overwrites, local_overwrites),
    ("managed value in a remote node", remote_reads_managed, local_reads_managed),
    ("remote node reads a private channel", remote_reads_private, remote_reads_shareable),
    ("local node writes a shareable channel", local_writes_shareable, local_writes_private),
    ("remote node writes a str", remote_writes_text, remote_writes_answer),
    ("remote node writes a private channel", remote_writes_private, remote_writes_answer),
    ("a boundary node of one's own", own_boundary_node, own_agent_before_release),
    ("release into a private channel", release_into_private, own_agent_before_release),
    ("local write through an inherited field", inherited_field, own_field),
    ("local write through a field of a model", set_field, unset_field),
]


@pairs(PAIRS)
async def test_refused_and_its_nearest_neighbour(refused: Attempt, accepted: Attempt, is_async: bool) -> None:
    await check_pair(refused, accepted, is_async)
