"""The sealed saver: what it keeps, what it refuses, what it shows on disk, what it leaves behind."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from operator import add
from pathlib import Path
from typing import Annotated, Any

import pytest
from langchain_core.runnables import RunnableConfig
from langgraph.graph import START, StateGraph
from langgraph.types import Command, interrupt
from typing_extensions import TypedDict

from bedside.boundary import Outcome, RemoteText
from bedside.errors import PersistenceError
from bedside.persistence import SealedSaver, SealedSqliteSaver, StoreKey
from bedside.records import CaseId
from tests.places import StorePlace

KEY = StoreKey.random()
NAME = "Zebulon Okonkwo"  # synthetic: a thread id that should not have been one
SECRET = "crushing chest pain"


class State(TypedDict, total=False):
    text: str
    turns: Annotated[list[str], add]
    answer: RemoteText


def graph() -> Any:
    """write → ask (interrupts) → end."""
    built: Any = StateGraph(State)
    built.add_node("write", lambda state: {"text": state["text"] + "!", "turns": [state["text"]]})
    built.add_node("ask", lambda state: {"turns": [interrupt(f"is it {state['text']}?")]})
    built.add_edge(START, "write")
    built.add_edge("write", "ask")
    return built


def config(thread: str = NAME, **more: Any) -> RunnableConfig:
    return {"configurable": {"thread_id": thread, **more}, "metadata": {"ward": NAME}}


@pytest.fixture
def saver(where: StorePlace) -> Iterator[SealedSaver]:
    with where.saver(KEY) as opened:
        yield opened


def filled(saver: SealedSaver, *threads: str) -> Any:
    app = graph().compile(saver)
    for thread in threads or (NAME,):
        app.invoke({"text": SECRET}, config(thread))
    return app


@pytest.mark.parametrize("sync", [True, False])
async def test_an_interrupted_graph_goes_on_in_another_process(where: StorePlace, sync: bool) -> None:
    with where.saver(KEY) as saver:
        app = graph().compile(saver)
        begun = app.invoke({"text": SECRET}, config()) if sync else await app.ainvoke({"text": SECRET}, config())
    assert begun["__interrupt__"][0].value == f"is it {SECRET}!?"
    with where.saver(KEY) as saver:
        app = graph().compile(saver)
        done = (
            app.invoke(Command(resume="yes"), config())
            if sync
            else await app.ainvoke(Command(resume="yes"), config())
        )
        assert done["turns"] == [SECRET, "yes"]
        history = (
            [*app.get_state_history(config())] if sync else [one async for one in app.aget_state_history(config())]
        )
    assert [one.next for one in history] == [(), ("ask",), ("write",), ("__start__",)]
    assert {one.config["configurable"]["thread_id"] for one in history} == {NAME}
    assert history[0].metadata["ward"] == NAME
    assert history[0].parent_config == history[1].config


def test_lists_filter_what_is_sealed(saver: SealedSaver) -> None:
    filled(saver, NAME, "other")
    assert len(list(saver.list(None))) == 6
    assert len(list(saver.list(config()))) == 3
    newest = next(saver.list(config()))
    assert [one.metadata["step"] for one in saver.list(config(), before=newest.config)] == [0, -1]
    assert [one.metadata["step"] for one in saver.list(config(), filter={"source": "loop"}, limit=1)] == [1]
    assert len(list(saver.list(None, filter={"ward": NAME}))) == 6
    assert list(saver.list(None, filter={"ward": "another"})) == []
    assert list(saver.list(None, filter={"unknown": 1})) == []
    assert list(saver.list(config("third"))) == []
    assert list(saver.list(newest.config)) == [newest]
    assert saver.get_tuple(config("third")) is None
    assert list(saver.list(None, limit=0)) == []


@pytest.mark.parametrize("thread", ["", "t\udc80", "😀\x00", "x" * 10_000, "0"])
def test_any_thread_id_comes_back_as_it_was(saver: SealedSaver, thread: str) -> None:
    app = filled(saver, thread, "other")
    assert {one.config["configurable"]["thread_id"] for one in saver.list(None)} == {thread, "other"}
    assert app.invoke(Command(resume="yes"), config(thread))["turns"] == [SECRET, "yes"]


async def test_many_cases_at_once_share_a_saver(saver: SealedSaver) -> None:
    app = graph().compile(saver)
    names = [f"thread {number}" for number in range(30)]
    await asyncio.gather(*(app.ainvoke({"text": name}, config(name)) for name in names))
    done = await asyncio.gather(*(app.ainvoke(Command(resume="yes"), config(name)) for name in names))
    assert [one["turns"] for one in done] == [[name, "yes"] for name in names]
    await asyncio.gather(*(saver.adelete_thread(name) for name in names))
    assert [one async for one in saver.alist(None)] == []


def test_forks_keep_their_values_apart(saver: SealedSaver) -> None:
    app = filled(saver)
    before = next(one for one in app.get_state_history(config()) if one.next == ("write",))
    forks = [app.update_state(before.config, {"text": text}, as_node="write") for text in ("one", "two")]
    assert [app.get_state(fork).values["text"] for fork in forks] == ["one", "two"]
    assert [app.get_state({**before.config}).values["text"]] == [SECRET]


def test_a_copy_for_a_graph_knows_its_types_and_shares_the_file(saver: SealedSaver) -> None:
    answer = RemoteText("x", Outcome.ANSWERED, "q", "o", CaseId("c"), "k", "m")
    copy = saver.with_allowlist({("tests.persistence.test_sealed_saver", "Nothing")})
    assert copy is not saver
    assert type(copy) is type(saver)
    app = graph().compile(copy)
    app.update_state(config(), {"answer": answer, "text": SECRET}, as_node="write")
    assert graph().compile(saver).get_state(config()).values["answer"] == answer


@pytest.mark.parametrize(("version", "readable", "accepted"), [(1, (), True), (2, (1,), True), (2, (), False)])
def test_an_old_state_is_read_or_refused_clearly(
    where: StorePlace, version: int, readable: tuple[int, ...], accepted: bool
) -> None:
    with where.saver(KEY, state_version=1) as saver:
        filled(saver)
    with where.saver(KEY, state_version=version, readable=readable) as saver:
        app = graph().compile(saver)
        if accepted:
            assert app.invoke(Command(resume="yes"), config())["turns"] == [SECRET, "yes"]
            return
        with pytest.raises(PersistenceError, match="state version 1; these graphs read 2"):
            app.invoke(Command(resume="yes"), config())


# --- on disk


def on_disk(path: Path) -> bytes:
    return b"".join(one.read_bytes() for one in path.parent.iterdir() if one.name.startswith(path.name))


def test_a_deleted_thread_leaves_no_byte_behind(tmp_path: Path) -> None:
    path = tmp_path / "checkpoints.db"
    saver = SealedSqliteSaver(path, KEY)
    app = filled(saver, NAME, "other")
    thief = sqlite3.connect(path)
    spot = saver._handles.thread(NAME)
    rows = [
        row
        for table in ("sealed_checkpoints", "sealed_values", "sealed_writes", "sealed_keys")
        for row in thief.execute(
            f"SELECT sealed FROM {table} WHERE {'owner' if table == 'sealed_keys' else 'thread'} = ?", (spot,)
        )
    ]
    thief.close()
    pieces = [spot, *(bytes(row[0][9:33]) for row in rows)]
    assert len(pieces) > 10
    assert all(piece in on_disk(path) for piece in pieces)
    saver.delete_thread(NAME)
    assert not any(piece in on_disk(path) for piece in pieces)
    assert saver.get_tuple(config()) is None
    assert app.invoke(Command(resume="yes"), config("other"))["turns"] == [SECRET, "yes"]


# --- tampering: every change is refused, naming table and row

TAMPERED: list[tuple[str, str, str]] = [
    (
        "a plain checkpoint",
        "sealed_checkpoints",
        """UPDATE sealed_checkpoints SET sealed = '{"v": 1, "id": "x"}'""",
    ),
    ("a plain value", "sealed_values", """UPDATE sealed_values SET sealed = CAST('"plain"' AS BLOB)"""),
    ("a plain write", "sealed_writes", """UPDATE sealed_writes SET sealed = CAST('"plain"' AS BLOB)"""),
    ("a mark stripped", "sealed_values", "UPDATE sealed_values SET sealed = substr(sealed, 2)"),
    (
        "another end",
        "sealed_values",
        "UPDATE sealed_values SET sealed = CAST(substr(sealed, 1, 40) || x'00' AS BLOB)",
    ),
    (
        "a checkpoint of another thread",
        "sealed_checkpoints",
        "UPDATE sealed_checkpoints SET sealed = (SELECT sealed FROM sealed_checkpoints WHERE id = {other_newest}) "
        "WHERE id = {newest}",
    ),
    (
        "a whole row copied to another thread",
        "sealed_checkpoints",
        "INSERT INTO sealed_checkpoints SELECT {thread}, {ns}, id, sealed FROM sealed_checkpoints "
        "WHERE thread = {other_thread} AND id = {other_newest}",
    ),
    (
        "an older checkpoint replayed",
        "sealed_checkpoints",
        "UPDATE sealed_checkpoints SET sealed = (SELECT sealed FROM sealed_checkpoints WHERE id = {older}) "
        "WHERE id = {newest}",
    ),
    (
        "an older value replayed",
        "sealed_values",
        "UPDATE sealed_values SET sealed = (SELECT sealed FROM sealed_values WHERE handle = {old_text}) "
        "WHERE handle = {text}",
    ),
    (
        "a value of another channel",
        "sealed_values",
        "UPDATE sealed_values SET sealed = (SELECT sealed FROM sealed_values WHERE handle = {turns}) "
        "WHERE handle = {text}",
    ),
    (
        "a value of another thread",
        "sealed_values",
        "UPDATE sealed_values SET sealed = (SELECT sealed FROM sealed_values WHERE handle = {other_text}) "
        "WHERE handle = {text}",
    ),
    (
        "two values swapped",
        "sealed_values",
        "UPDATE sealed_values SET handle = x'00' WHERE handle = {text};"
        "UPDATE sealed_values SET handle = {text} WHERE handle = {turns};"
        "UPDATE sealed_values SET handle = {turns} WHERE handle = x'00'",
    ),
    ("a value taken away", "sealed_values", "DELETE FROM sealed_values WHERE handle = {text}"),
    (
        "a write of another checkpoint",
        "sealed_writes",
        "DELETE FROM sealed_writes WHERE id = {newest};"
        "UPDATE sealed_writes SET id = {newest} WHERE id = {older} AND thread = {thread}",
    ),
    (
        "a write of another thread",
        "sealed_writes",
        "DELETE FROM sealed_writes WHERE thread = {thread};"
        "UPDATE sealed_writes SET thread = {thread}, ns = {ns}, id = {newest} WHERE id = {other_newest}",
    ),
    (
        "a write at another index",
        "sealed_writes",
        "UPDATE sealed_writes SET handle = CAST(substr(handle, 2, 15) || substr(handle, 1, 1) AS BLOB)",
    ),
]


def places(saver: SealedSaver) -> dict[str, str]:
    """The handles that the statements name, as SQL literals."""
    handles = saver._handles
    found: dict[str, str] = {}
    for prefix, thread in (("", NAME), ("other_", "other")):
        newest, older, *_ = saver.list(config(thread))
        for name, one in (("newest", newest), ("older", older)):
            found[prefix + name] = f"'{one.checkpoint['id']}'"
        spot = handles.spot(thread, "", newest.checkpoint["id"])
        found[f"{prefix}thread"], found[f"{prefix}ns"] = (f"x'{part.hex()}'" for part in spot[:2])
        for name, channel, one in (
            ("text", "text", newest),
            ("turns", "turns", newest),
            ("old_text", "text", older),
        ):
            handle = handles.value(spot, channel, one.checkpoint["channel_versions"][channel])
            found[prefix + name] = f"x'{handle.hex()}'"
    return found


@pytest.mark.parametrize(("name", "table", "statements"), TAMPERED, ids=[one[0] for one in TAMPERED])
def test_a_row_that_was_tampered_with_is_refused(
    saver: SealedSaver, where: StorePlace, name: str, table: str, statements: str
) -> None:
    app = filled(saver, NAME, "other")
    assert saver.get_tuple(config()) is not None
    for key, value in places(saver).items():
        statements = statements.replace(f"{{{key}}}", value)
    assert where.meddle(table, statements) > 0
    for read in (
        lambda: saver.get_tuple(config()),
        lambda: list(saver.list(config())),
        lambda: app.invoke(Command(resume="yes"), config()),
    ):
        with pytest.raises(PersistenceError, match=f"table {table}, row ") as raised:
            read()
        assert NAME not in str(raised.value)
        assert SECRET not in str(raised.value)


def test_another_key_opens_nothing(saver: SealedSaver, where: StorePlace) -> None:
    filled(saver)
    with pytest.raises(PersistenceError, match=f"sealed with the key {KEY.id.hex()}"):
        where.saver(StoreKey.random())


def test_what_the_serializer_says_of_a_value_is_not_repeated(
    saver: SealedSaver, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(saver)

    def quoting(data: tuple[str, bytes]) -> Any:
        raise ValueError(f"no such type in {SECRET}")

    monkeypatch.setattr(saver.serde, "loads_typed", quoting)
    for read in (lambda: saver.get_tuple(config()), lambda: list(saver.list(config()))):
        with pytest.raises(PersistenceError, match="its value cannot be read: ValueError") as raised:
            read()
        assert SECRET not in str(raised.value)
        assert raised.value.__cause__ is None
        assert raised.value.__suppress_context__
