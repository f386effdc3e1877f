"""Broken graphs, agents, detectors and savers: each must be caught by the kit. All synthetic."""

from __future__ import annotations

import dataclasses
import itertools
import json
import socket
from collections.abc import Callable, Iterable, Sequence
from operator import add
from pathlib import Path
from typing import Annotated, Any

from langchain_core.messages import HumanMessage
from langgraph.checkpoint.memory import InMemorySaver

from bedside.boundary import (
    Boundary,
    Coded,
    Detection,
    Draft,
    Heading,
    Identifier,
    Narrative,
    Prompt,
    PromptRegistry,
    PromptTemplate,
    RemoteText,
    SealedText,
    Vocabulary,
)
from bedside.flow import REMOTE, START, CaseState, ClinicalGraph, Private, Services, Shareable, release
from bedside.persistence import MemoryCaseStore, serializer
from bedside.testing import Planted, SyntheticNote

PROMPTS = PromptRegistry({"test/ask": PromptTemplate("test/ask", "{{facts}}\nWhy?", "0" * 64)})
NOTE = SyntheticNote("note", "Quackenbush reports chest pain.", (Planted(Identifier.PERSON, "Quackenbush"),))


class State(CaseState, total=False):
    note: Private[str]
    drafts: Private[list[Draft]]
    questions: Shareable[list[SealedText]]
    answers: Annotated[Shareable[list[RemoteText]], add]


class Blind:
    """A detector that finds nothing."""

    name = "blind"

    def detect(self, text: str) -> Sequence[Detection]:
        return []


def careless_services() -> Services:
    """A boundary whose detector is blind and whose vocabulary calls a name a harmless word."""
    cases = MemoryCaseStore()
    words = ["text", "present", "quackenbush", "reports", "chest", "pain"]
    return Services(cases=cases, boundary=Boundary(cases, [Blind()], Vocabulary(["chest pain"], words)))


class SealsByItself(Boundary):
    """A boundary that seals what no check has seen."""

    def __init__(self, cases: MemoryCaseStore) -> None:
        super().__init__(cases, [Blind()], Vocabulary([]))
        self.cases = cases

    def release(
        self, draft: Draft, case: Any, destination: str, *, beside: Iterable[str] = (), wording: str = ""
    ) -> SealedText:
        key = self.cases.vault(case).key
        return key.seal(draft.render(), template=draft.template, destination=destination)


def note_of(state: Any, runtime: Any) -> str:
    return "\n".join(runtime.context.cases.documents(state["case"]).values())


def ask_coded(state: State, runtime: Any) -> dict[str, Any]:
    return {"drafts": [Draft(template="test/ask", slots=(Coded(heading=Heading.PRESENT, display="chest pain"),))]}


def ask_with_the_note(state: State, runtime: Any) -> dict[str, Any]:
    return {"drafts": [Draft(template="test/ask", slots=(Narrative(text=note_of(state, runtime)),))]}


async def past_the_boundary(state: State, runtime: Any) -> dict[str, Any]:
    """A local node that finds the remote model by itself and sends it the note."""
    model = runtime.context.remote_endpoint.chat_model(timeout=1)
    await model.ainvoke([HumanMessage(note_of(state, runtime))])
    return {}


def opens_a_socket(state: State, runtime: Any) -> dict[str, Any]:
    """And keeps quiet about its failure."""
    try:
        socket.create_connection(("192.0.2.1", 443), timeout=0.1)
    except Exception:
        return {}
    return {}


async def consult(state: State, runtime: Any) -> dict[str, Any]:
    model = runtime.context.model
    return {"answers": [await model.ask(Prompt(q.template, {"facts": q})) for q in state["questions"]]}


def builder(ask: Any = ask_coded) -> Callable[[], ClinicalGraph]:
    def build() -> ClinicalGraph:
        graph = ClinicalGraph(State)
        graph.add_node("ask", ask)
        graph.add_node("release", release("drafts", "questions"))
        graph.add_node("consult", consult, zone=REMOTE)
        return graph.add_edge(START, "ask").add_edge("ask", "release").add_edge("release", "consult")

    return build


class SaysAnything:
    """A detector that gives what it is told to."""

    name = "anything"

    def __init__(self, **changes: Any) -> None:
        self.changes = changes

    def detect(self, text: str) -> Sequence[Detection]:
        good = {"start": 0, "end": 1, "kind": Identifier.PERSON, "score": 1.0, "detector": "any", "why": "a rule"}
        return [Detection(**{**good, **self.changes})] if text else []


class QuotesWhatItFinds:
    name = "quotes"

    def detect(self, text: str) -> Sequence[Detection]:
        return [Detection(0, len(text), Identifier.PERSON, 1.0, "quotes", f"is {text}")] if text else []


class FailsOnHalfCharacters:
    name = "encodes"

    def detect(self, text: str) -> Sequence[Detection]:
        text.encode()
        return []


class AsksAServer:
    name = "remote"

    def detect(self, text: str) -> Sequence[Detection]:
        try:
            socket.getaddrinfo("detector.example.org", 443)
        except Exception:
            return []
        return []


class GivesDicts(InMemorySaver):
    """A saver that brings seals back as plain data."""

    def get_tuple(self, config: Any) -> Any:
        found = super().get_tuple(config)
        if found is not None and "questions" in (values := found.checkpoint["channel_values"]):
            values["questions"] = [dataclasses.asdict(one) for one in values["questions"]]
        return found


class Changes(InMemorySaver):
    """A saver from which one channel comes back as something else."""

    channel = "note"

    def get_tuple(self, config: Any) -> Any:
        found = super().get_tuple(config)
        if found is not None and self.channel in (values := found.checkpoint["channel_values"]):
            values[self.channel] = self.changed(values[self.channel])
        return found

    def changed(self, value: Any) -> Any:
        return "Zebulon"


class ChangesTheDecision(Changes):
    channel = "decision"


class BreaksSeals(Changes):
    channel = "questions"

    def changed(self, value: Any) -> Any:
        return [dataclasses.replace(one, mac="0" * 64) for one in value]


class IgnoresTheId(InMemorySaver):
    """A saver that gives the newest checkpoint, whichever it is asked for."""

    def get_tuple(self, config: Any) -> Any:
        return super().get_tuple({"configurable": {**config["configurable"], "checkpoint_id": None}})


class IgnoresUpdates(InMemorySaver):
    def put(self, config: Any, checkpoint: Any, metadata: Any, new_versions: Any) -> Any:
        if metadata["source"] == "update":
            return config
        return super().put(config, checkpoint, metadata, new_versions)


class ListsBackwards(InMemorySaver):
    def list(self, *arguments: Any, **named: Any) -> Any:
        return reversed(list(super().list(*arguments, **named)))


class ListsTheNewest(InMemorySaver):
    def list(self, *arguments: Any, **named: Any) -> Any:
        return itertools.islice(super().list(*arguments, **named), 1)


class KeepsDeleted(InMemorySaver):
    def delete_thread(self, thread_id: str) -> None:
        pass

    async def adelete_thread(self, thread_id: str) -> None:
        pass


class DeletesAll(InMemorySaver):
    def delete_thread(self, thread_id: str) -> None:
        for one in list(self.storage):
            super().delete_thread(one)


class LosesWrites(InMemorySaver):
    """A saver that forgets what was written between two checkpoints: the interrupt is among it."""

    def put_writes(self, *arguments: Any, **named: Any) -> None:
        pass


class WritesInClear(InMemorySaver):
    """A saver that also keeps the metadata of each checkpoint in a file, as plain JSON."""

    def __init__(self, path: Path) -> None:
        super().__init__(serde=serializer())
        self.path = path

    def put(self, config: Any, checkpoint: Any, metadata: Any, new_versions: Any) -> Any:
        with self.path.open("a") as file:
            file.write(json.dumps({**metadata, **config["metadata"]}, default=str))
        return super().put(config, checkpoint, metadata, new_versions)
