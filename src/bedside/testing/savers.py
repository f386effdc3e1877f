"""The check `check_saver`: a checkpoint saver under a clinical graph, from the first pause to deletion."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Generator, Sequence
from contextlib import AsyncExitStack, ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from langgraph.types import Command

from bedside.boundary import SealedText
from bedside.errors import BedsideError
from bedside.flow import Services
from bedside.testing._bench import run
from bedside.testing._paused import compiled, services_over, start

__all__ = ["SaverReport", "check_saver"]

Walk = Generator[tuple[str, tuple[Any, ...]], Any, int]
"""A generator that names a method with its arguments and receives the result: one walk for both colours."""


@dataclass(frozen=True, slots=True)
class SaverReport:
    """The report on a saver.

    Attributes:
        modes: The colours in which the saver was run.
        checkpoints: The number of checkpoints in the thread.
        bytes_searched: The bytes of its files that were searched for private text; 0 without `path`.
    """

    modes: tuple[str, ...]
    checkpoints: int
    bytes_searched: int


def check_saver(
    saver_factory: Callable[[], Any],
    *,
    path: Path | None = None,
    modes: Sequence[Literal["sync", "async"]] = ("sync", "async"),
) -> SaverReport:
    """Run a small clinical graph over a saver: interrupt, update, resume, history, deletion.

    Args:
        saver_factory: Gives a saver, or a context manager that gives one. In async mode it is called inside the
            event loop.
        path: The file or folder of its data. With it the saver is reopened in the middle of the case, and
            its files (a journal beside the file too) are searched for what is private. Text that a saver only
            compresses or encodes is not recognised.
        modes: The colours that it has.

    Raises:
        AssertionError: A step fails, a value or a seal comes back as something else, another thread is touched, or
            a file shows private text. The message names the step, no values.
    """
    checkpoints, search = 0, _Search(path)
    for mode in modes:
        services = services_over()
        walk = _walk(services, search)
        try:
            if mode == "sync":
                checkpoints = _drive(walk, saver_factory, services)
            else:
                checkpoints = run(_adrive(walk, saver_factory, services))
        except AssertionError:
            raise
        except Exception as error:  # what a saver raises may quote what it was given
            said = str(error) if isinstance(error, BedsideError) else type(error).__name__
            raise AssertionError(f"{mode}: the saver fails: {said}") from error
    return SaverReport(tuple(modes), checkpoints, search.searched)


def _walk(services: Services, search: _Search) -> Walk:
    canary = search.canary
    config, given = start(services, canary)
    other, other_given = start(services, canary)
    for one, values in ((config, given), (other, other_given)):
        output = yield "invoke", (values, one)
        _require(bool(output.get("__interrupt__")), "interrupt", "the graph did not pause")
    paused = yield "get_state", (config,)
    _require(paused.next == ("review",), "get_state", "the pause is not where the graph stopped")
    _require(paused.values.get("note") == canary, "get_state", "a private value came back changed")
    asked = [one.value for one in paused.interrupts]
    _require(asked == [{"note": canary}], "get_state", "the interrupt is not there, or changed")
    _require(len(paused.values.get("questions", [])) == 1, "get_state", "the sealed question is missing")
    _require_seals(paused.values, "get_state")
    search.look("at the pause")
    yield "update_state", (config, {"note": f"{canary} again"}, "release")
    changed = yield "get_state", (config,)
    _require(changed.values.get("note") == f"{canary} again", "update_state", "the new value is not there")
    if search.path is not None:
        yield "reopen", ()
        search.look("after closing")
        reopened = yield "get_state", (config,)
        _require(reopened.values == changed.values, "reopen", "what was kept is gone or changed")
    final = yield "invoke", (Command(resume=canary), config)
    _require(final.get("whole") is True, "resume", "the remote node was not shown a whole seal")
    finished = yield "get_state", (config,)
    kept = (finished.next, finished.values.get("decision"))
    _require(kept == ((), canary), "resume", "the end of the graph was not kept, or changed")
    history = yield "get_state_history", (config,)
    yield from _check_history(history)
    search.look("at the end")
    yield "delete_thread", (config["configurable"]["thread_id"],)
    gone = yield "get_state", (config,)
    left = yield "get_state_history", (config,)
    _require(not gone.values and not left, "delete_thread", "something of the thread is left")
    beside = yield "get_state", (other,)
    _require(beside.values.get("note") == canary, "delete_thread", "another thread was touched")
    yield "delete_thread", (other["configurable"]["thread_id"],)
    search.look("after the deletion")
    return len(history)


def _check_history(history: list[Any]) -> Generator[tuple[str, tuple[Any, ...]], Any, None]:
    ids = [one.config["configurable"]["checkpoint_id"] for one in history]
    _require(
        len(history) > 4 and len(set(ids)) == len(ids), "get_state_history", "checkpoints are missing or double"
    )
    _require(ids == sorted(ids, reverse=True), "get_state_history", "the newest checkpoint does not come first")
    for snapshot in history:
        _require_seals(snapshot.values, "get_state_history")
        again = yield "get_state", (snapshot.config,)
        _require(again.values == snapshot.values, "get_state of one checkpoint", "it differs from the history")


def _drive(walk: Walk, factory: Callable[[], Any], services: Services) -> int:
    result: Any = None
    with ExitStack() as stack:
        saver = _entered(stack, factory())
        app = compiled(saver)
        while True:
            try:
                name, arguments = walk.send(result)
            except StopIteration as end:
                return int(end.value)
            if name == "reopen":
                stack.close()
                saver = _entered(stack, factory())
                app, result = compiled(saver), None
                continue
            named = {"context": services} if name == "invoke" else {}
            result = getattr(saver if name == "delete_thread" else app, name)(*arguments, **named)
            result = list(result) if name == "get_state_history" else result


async def _adrive(walk: Walk, factory: Callable[[], Any], services: Services) -> int:
    result: Any = None
    async with AsyncExitStack() as stack:
        saver = await _aentered(stack, factory())
        app = compiled(saver)
        while True:
            try:
                name, arguments = walk.send(result)
            except StopIteration as end:
                return int(end.value)
            if name == "reopen":
                await stack.aclose()
                saver = await _aentered(stack, factory())
                app, result = compiled(saver), None
                continue
            named = {"context": services} if name == "invoke" else {}
            called = getattr(saver if name == "delete_thread" else app, f"a{name}")(*arguments, **named)
            result = [one async for one in called] if name == "get_state_history" else await called


def _entered(stack: ExitStack, made: Any) -> Any:
    return stack.enter_context(made) if hasattr(made, "__enter__") else made


async def _aentered(stack: AsyncExitStack, made: Any) -> Any:
    if hasattr(made, "__aenter__"):
        return await stack.enter_async_context(made)
    return stack.enter_context(made) if hasattr(made, "__enter__") else made


class _Search:
    """A search for the canary in the bytes of a saver's files."""

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self.canary = f"Zebulon{secrets.token_hex(6)}"
        self.searched = 0

    def look(self, when: str) -> None:
        """Search all files now.

        Raises:
            AssertionError: The canary is there, or there is no file: then the search would prove nothing.
        """
        if self.path is None:
            return
        beside = self.path.rglob("*") if self.path.is_dir() else self.path.parent.glob(f"{self.path.name}*")
        files = {one: one.read_bytes() for one in beside if one.is_file()}
        _require(any(files.values()), "the search of the files", "there is none below path")
        self.searched += sum(map(len, files.values()))
        forms = (self.canary.encode(), self.canary.encode("utf-16-le"), self.canary.encode().hex().encode())
        for file, data in files.items():
            _require(not any(form in data for form in forms), when, f"{file.name} shows private text")


def _require_seals(values: dict[str, Any], step: str) -> None:
    for one in values.get("questions", []):
        _require(
            type(one) is SealedText,
            step,
            f"a {type(one).__name__} came back in the place of a SealedText; give the saver "
            "serde=bedside.persistence.serializer()",
        )


def _require(holds: bool, step: str, problem: str) -> None:
    if not holds:
        raise AssertionError(f"{step}: {problem}")
