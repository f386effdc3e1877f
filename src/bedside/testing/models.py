"""The check `check_model`: a chat model of your own, from a plain answer to a prompt that does not fit."""

from __future__ import annotations

import asyncio
import math
import queue
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal, TypeVar

from langchain_core.messages import AIMessage, HumanMessage
from pydantic import BaseModel, ConfigDict, Field

from bedside.errors import AnswerError, BedsideError, EndpointError, InvalidAnswerError, ModelError
from bedside.models import Finish, Piece, ProfiledChatModel, Request, Sight, probe_vision
from bedside.models.vision import grey_square
from bedside.testing.network import no_real_models

__all__ = ["ModelReport", "check_model"]

T = TypeVar("T")

MARKER = "Quackenbush"
"""A name that no error may quote."""

PLAIN = "Which organ pumps the blood? One word."
LONG = "Count from 1 to 200 in words, one number a line."
LISTS = (
    "A patient reports cough and fever, no chest pain. List the symptoms.",
    "Denies nausea. List the symptoms.",
    "No complaints today. List the symptoms.",
)

ROOM = 48
"""The tokens of the longest reply that is awaited: a model with random weights never ends."""

LIST_ROOM = 400


class Symptom(BaseModel):
    """A symptom for the kit: as small and flat as the reader's own schema."""

    model_config = ConfigDict(extra="forbid")
    name: str = Field(max_length=20)
    status: Literal["present", "absent"]


class Symptoms(BaseModel):
    """The symptoms, three at most."""

    model_config = ConfigDict(extra="forbid")
    symptoms: list[Symptom] = Field(max_length=3)


@dataclass(frozen=True, slots=True)
class ModelReport:
    """The capabilities of a model, as far as a few short questions show them. They say nothing about medicine.

    Attributes:
        pieces: The number of pieces of the longest reply; 1 is a model that does not stream.
        usage: Whether it counts tokens.
        constrained: Whether it says that it decodes under a schema.
        valid: Share of answers that fit a small schema, 0 to 1, repair included.
        sight: Whether a picture reaches it.
        scores: Whether it gives the probability of an option.
        batch_same: Whether each reply of a batch is what it is alone. Padding changes some models.
        overflow: `refused`: a prompt that does not fit is an error. `answered`: it fitted, by the model's own count
            of tokens. `unknown`: it was answered, and nobody counts.
    """

    pieces: int
    usage: bool
    constrained: bool
    valid: float
    sight: Sight
    scores: bool
    batch_same: bool
    overflow: Literal["refused", "answered", "unknown"]


def check_model(model: ProfiledChatModel, *, deterministic: bool = True, timeout: float = 120.0) -> ModelReport:
    """Ask a model some twenty short questions and check what Bedside's graphs rely on.

    LangChain's standard suite (`langchain-tests`) looks at the interface; this looks at what a clinical graph adds:
    half an answer is never passed on, an image never ignored, a prompt never cut, and no error quotes it.

    Args:
        model: Yours.
        deterministic: Whether the same question gets the same reply at temperature 0.
        timeout: Seconds for each question.

    Raises:
        AssertionError: A promise is broken. The message names it, and no word of prompt or reply.
    """
    ask = _Asker(model, timeout)
    ask.or_fail("check", model.check)
    longest = _pieces_and_text(ask, deterministic)
    _heeds_the_switch(ask)
    _ends(ask)
    _frees(ask)
    return ModelReport(
        pieces=len([piece for piece in longest if piece.text or piece.reasoning]),
        usage=_counts(longest),
        constrained=model.constrains,
        valid=_valid(ask),
        sight=_sight(ask),
        scores=_scores(ask),
        batch_same=_batch_same(ask),
        overflow=_overflow(ask),
    )


class _Asker:
    """A runner of one step of the check at a time, in a thread, so that a model that hangs is reported."""

    def __init__(self, model: ProfiledChatModel, timeout: float) -> None:
        self.model, self.timeout = model, timeout

    def __call__(self, what: str, work: Callable[[], T]) -> T:
        """Return the result of the work, or the `ModelError` that it raises.

        Raises:
            AssertionError: It fails with anything else, or takes too long.
        """
        done: queue.Queue[tuple[bool, Any]] = queue.Queue()

        def run() -> None:
            try:
                done.put((True, work()))
            except BaseException as error:  # it is looked at in the other thread
                done.put((False, error))

        threading.Thread(target=run, name="bedside-check-model", daemon=True).start()
        try:
            fine, found = done.get(timeout=self.timeout)
        except queue.Empty:
            raise AssertionError(f"{what}: nothing came within {self.timeout:g} s") from None
        if fine:
            return found  # type: ignore[no-any-return]
        _look_at(what, found)
        raise found

    def or_fail(self, what: str, work: Callable[[], T]) -> T:
        """Run the work as a call does, where any error of Bedside's fails the check as well."""
        try:
            return self(what, work)
        except BedsideError as error:
            raise AssertionError(f"{what}: {error}") from None

    def pieces(self, what: str, prompt: str, max_tokens: int) -> list[Piece]:
        """Return the raw reply, of which the layer above would turn a truncated one into an error."""
        return self.or_fail(what, partial(self.raw, prompt, max_tokens))

    def raw(self, prompt: str, max_tokens: int) -> list[Piece]:
        return list(self.model._pieces(self.request(prompt, max_tokens)))

    def request(self, prompt: str, max_tokens: int) -> Request:
        return self.model._request([HumanMessage(prompt)], None, {"max_tokens": max_tokens})


def _look_at(what: str, error: BaseException) -> None:
    """Check that an error is one of Bedside's, without a word of the prompt."""
    if isinstance(error, AssertionError):
        raise AssertionError(f"{what}: {error}") from None
    if not isinstance(error, BedsideError):
        raise AssertionError(
            f"{what}: the model failed with {type(error).__name__}; raise a ModelError that quotes nothing, for a "
            "transport's exception may quote the request"
        ) from None
    if MARKER in str(error):
        raise AssertionError(f"{what}: the message of {type(error).__name__} quotes the prompt")


def _words(pieces: Sequence[Piece]) -> str:
    return "".join(piece.reasoning + piece.text for piece in pieces)


def _finish(pieces: Sequence[Piece]) -> Finish | None:
    return next((piece.finish for piece in reversed(pieces) if piece.finish), None)


def _pieces_and_text(ask: _Asker, deterministic: bool) -> list[Piece]:
    """Check a reply in each way of asking; return the pieces of a long one."""
    first = ask.pieces("a plain question", PLAIN, ROOM)
    between = ask.pieces("a longer question", LONG, ROOM)
    again = ask.pieces("the first question again", PLAIN, ROOM)
    for pieces in (first, between):
        if _finish(pieces) is None:
            raise AssertionError("a reply has no end: a piece has to say `finish`")
    if deterministic and _words(first) != _words(again):
        raise AssertionError("the same question got two replies at temperature 0, with another one between them")
    ways: dict[str, Callable[[], AIMessage]] = {
        "invoke": lambda: ask.model.invoke(PLAIN, max_tokens=ROOM),
        "ainvoke": lambda: asyncio.run(ask.model.ainvoke(PLAIN, max_tokens=ROOM)),
        "stream": lambda: _joined(ask.model.stream(PLAIN, max_tokens=ROOM)),
        "astream": lambda: asyncio.run(_ajoined(ask.model, PLAIN)),
        "a conversation": lambda: ask.model.invoke(
            [("system", "Be brief."), ("user", "Hello."), ("user", PLAIN), ("ai", "Heart."), ("user", PLAIN)],
            max_tokens=ROOM,
        ),
    }
    found: dict[str, str] = {}
    for name, way in ways.items():
        try:
            text = str(ask(name, way).text)
        except ModelError as error:
            text = type(error).__name__
        if any(mark in text for mark in ask.model.family.thinking):
            raise AssertionError(f"{name}: what the model thinks is in the text of its message")
        found[name] = text
    del found["a conversation"]
    if deterministic and len(set(found.values())) > 1:
        raise AssertionError("invoke, ainvoke, stream and astream do not say the same")
    return between


def _joined(chunks: Any) -> AIMessage:
    whole = None
    for chunk in chunks:
        whole = chunk if whole is None else whole + chunk
    assert isinstance(whole, AIMessage)
    return whole


async def _ajoined(model: ProfiledChatModel, prompt: str) -> AIMessage:
    return _joined([chunk async for chunk in model.astream(prompt, max_tokens=ROOM)])


def _ends(ask: _Asker) -> None:
    """Check that a budget is kept, and that a reply that it cut off is reported as truncated."""
    whole, cut = (ask.pieces(f"a budget of {room} tokens", LONG, room) for room in (ROOM, 4))
    counted = [piece.usage["output_tokens"] for piece in cut if piece.usage]
    if len(_words(cut)) >= len(_words(whole)) > 40 or (counted and counted[-1] > 5):
        raise AssertionError("a budget of 4 tokens is not kept: `Request.max_tokens` has to reach the model")
    if len(_words(cut)) < len(_words(whole)) and _finish(cut) is not Finish.LENGTH:
        raise AssertionError("a reply that was cut off at its budget is passed on as an answer: say Finish.LENGTH")


def _heeds_the_switch(ask: _Asker) -> None:
    if not ask.model.real:
        return
    with no_real_models():
        try:
            ask("no_real_models", partial(ask.model.invoke, PLAIN, max_tokens=4))
        except EndpointError:
            return
        except ModelError:
            pass
    raise AssertionError("it answers where bedside.testing.no_real_models() forbids real models")


def _frees(ask: _Asker) -> None:
    """Check that a stream that is left, and a call that is given up, leave the model free."""

    def leave() -> None:
        pieces = ask.model._pieces(ask.request(LONG, ROOM))
        next(pieces, None)
        pieces.close()

    async def give_up() -> None:
        call = asyncio.ensure_future(ask.model.ainvoke(LONG, max_tokens=ROOM))
        await asyncio.sleep(0.01)
        call.cancel()
        await asyncio.gather(call, return_exceptions=True)

    for what, work in (
        ("a stream that is left", leave),
        ("a call that is given up", lambda: asyncio.run(give_up())),
    ):
        ask.or_fail(what, work)
        ask.pieces(f"a question after {what}", PLAIN, 4)


def _counts(pieces: Sequence[Piece]) -> bool:
    usages = [piece.usage for piece in pieces if piece.usage]
    for usage in usages:
        if usage["input_tokens"] + usage["output_tokens"] != usage["total_tokens"] or usage["input_tokens"] <= 0:
            raise AssertionError("its usage does not add up: prompt and reply make the total")
    return bool(usages)


def _valid(ask: _Asker) -> float:
    runnable = ask.model.with_structured_output(Symptoms)
    valid = 0
    for number, prompt in enumerate(LISTS, start=1):
        what = f"schema, question {number}"
        try:
            found = ask(what, partial(runnable.invoke, f"{MARKER}: {prompt}", max_tokens=LIST_ROOM))
        except InvalidAnswerError:
            if ask.model.constrains:
                raise AssertionError(
                    f"{what}: the model says that it decodes under a schema (`constrains`) and the answer breaks it"
                ) from None
        except ModelError:  # cut off, or a loop: reported as such
            pass
        else:
            if not isinstance(found, Symptoms):
                raise AssertionError(f"{what}: it gave a {type(found).__name__} and no instance of the schema")
            valid += 1
    return valid / len(LISTS)


def _sight(ask: _Asker) -> Sight:
    """Check that a model sees an image or raises an error: one that ignored it would answer all the same."""
    model = ask.model
    if ask.or_fail("sees", lambda: model.family.image is not None and model.sees):
        found = ask.or_fail("a picture", lambda: asyncio.run(probe_vision(model, timeout=ask.timeout)))
        if found is Sight.BLIND:
            raise AssertionError("it says that it sees (`sees`), and a picture is refused or passed over")
        return found
    try:
        ask("a picture", partial(model.invoke, [HumanMessage([grey_square()])], max_tokens=ROOM))
    except AnswerError:
        pass
    except BedsideError:
        return Sight.BLIND
    raise AssertionError(
        "it says that it reads no images (`sees`), and answers as if none had been there: raise an InputError"
    )


def _scores(ask: _Asker) -> bool:
    found = ask("score", lambda: ask.model.score([HumanMessage(f"{PLAIN} A: heart. B: liver.")], ["A", "B"]))
    if found is None:
        return False
    if len(found) != 2 or not all(math.isfinite(one) and one <= 1e-6 for one in found):
        raise AssertionError("score: one finite log-probability for each option, in their order")
    if sum(map(math.exp, found)) > 1 + 1e-3:
        raise AssertionError("score: the probabilities of two options are more than 1 together")
    return True


def _batch_same(ask: _Asker) -> bool:
    prompts: list[Any] = [PLAIN, f"{LISTS[0]} {LISTS[1]}"]
    together = ask("batch", lambda: ask.model.batch(prompts, max_tokens=ROOM, return_exceptions=True))
    alone: list[Any] = []
    for prompt in prompts:
        try:
            alone.append(ask("invoke", partial(ask.model.invoke, prompt, max_tokens=ROOM)))
        except ModelError as error:
            alone.append(error)
    return [_kind(one) for one in together] == [_kind(one) for one in alone]


def _kind(reply: Any) -> str:
    return str(reply.text) if isinstance(reply, AIMessage) else type(reply).__name__


def _overflow(ask: _Asker) -> Literal["refused", "answered", "unknown"]:
    """Check that a prompt of twice the words that fit is refused, or every word of it counted."""
    context = getattr(ask.model, "context", None) or ask.model.family.context
    words = 2 * int(context)
    try:
        pieces = ask("a prompt that does not fit", partial(ask.raw, f"{MARKER} " + "pain " * words, 1))
    except ModelError:
        return "refused"
    counted = [piece.usage["input_tokens"] for piece in pieces if piece.usage]
    if not counted:
        return "unknown"
    if counted[-1] < words / 2:
        raise AssertionError(
            f"a prompt of {words} words was cut without a word: {counted[-1]} tokens of it were read; raise a "
            "ContextOverflowError"
        )
    return "answered"
