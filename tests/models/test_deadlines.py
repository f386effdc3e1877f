"""The seconds of a call are those in which the model works on it: neither its loading nor the calls before it."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Generator

import pytest
from pydantic import BaseModel, ConfigDict

from bedside.agents.reader.model import read_with_model
from bedside.boundary import PromptTemplate
from bedside.errors import ModelTimeoutError
from bedside.models import Finish, Piece, ProfiledChatModel, Request, choose_one, structured
from bedside.models.deadlines import on_the_clock


class Answer(BaseModel):
    model_config = ConfigDict(extra="forbid")
    urgency: int


class Slow(ProfiledChatModel):
    """A model that takes its time to load and to answer, and answers one at a time."""

    loading: float = 0.0
    thinking: float = 0.0
    in_process: bool = True
    real = False

    @property
    def _llm_type(self) -> str:
        return "slow"

    def load(self) -> object | None:
        time.sleep(self.loading)
        return LOADED if self.in_process else None

    def _pieces(self, request: Request) -> Generator[Piece, None, None]:
        asked.append(request.turns[-1].text)
        with ONE_AT_A_TIME:  # as the backends have it
            time.sleep(self.thinking)
        yield Piece('{"urgency": 2}', finish=Finish.STOP)


LOADED = object()
ONE_AT_A_TIME = threading.Lock()
asked: list[str] = []


@pytest.fixture(autouse=True)
def nothing_asked() -> None:
    asked.clear()


async def test_loading_is_not_on_the_clock() -> None:
    model = Slow(loading=1.0)
    assert await structured(model, "?", Answer, timeout=0.8) == Answer(urgency=2)
    assert (await choose_one(model, "?", {"a": "one", "b": "two"}, timeout=0.8)).asked == 2


async def test_neither_is_waiting_for_the_calls_before_it() -> None:
    model = Slow(thinking=0.4)
    found = await asyncio.gather(*(structured(model, "?", Answer, timeout=1.2) for _ in range(5)))
    assert found == [Answer(urgency=2)] * 5


def test_nor_of_those_that_other_event_loops_ask_at_the_same_time() -> None:
    """Nodes beside each other under `invoke` have a thread and a loop each."""
    model, found = Slow(thinking=0.4), list[Answer]()

    def ask() -> None:
        found.append(asyncio.run(structured(model, "?", Answer, timeout=1.2)))

    threads = [threading.Thread(target=ask) for _ in range(5)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert found == [Answer(urgency=2)] * 5


async def test_what_is_behind_a_server_is_on_the_clock_at_once_and_side_by_side() -> None:
    model = Slow(in_process=False)
    together = asyncio.Barrier(2)

    async def one() -> int:
        async with on_the_clock(model, 5):
            return await together.wait()

    assert sorted(await asyncio.gather(one(), one())) == [0, 1]


async def test_a_call_that_is_late_says_what_to_do_and_frees_the_model() -> None:
    with pytest.raises(ModelTimeoutError, match=r"within 0\.05 s; give it more with --timeout"):
        await structured(Slow(thinking=0.3), "?", Answer, timeout=0.05)
    assert await structured(Slow(), "?", Answer, timeout=5) == Answer(urgency=2)


async def test_a_reader_that_is_late_twice_is_asked_no_more() -> None:
    template = PromptTemplate("read/facts", "{{text}}", "0" * 64)
    note = "\n".join(f"Line {n}. " + "No complaints. " * 20 for n in range(9))
    claims, not_done = await read_with_model(Slow(thinking=0.2), template, "note", note, timeout=0.01)
    assert claims == []
    assert len(asked) == 2
    assert [one.partition(":")[0] for one in not_done] == [
        "part 1 of 9 of note was not read by the model",
        "part 2 of 9 of note was not read by the model",
        "what follows in note was not shown to the model",
    ]
