"""`check_model`: the backends pass, and a model that breaks one promise is caught. All synthetic."""

from __future__ import annotations

import dataclasses
import json
import os
import threading
from collections.abc import Generator, Sequence
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import BaseMessage
from langchain_core.messages.ai import UsageMetadata

from bedside.errors import ContextOverflowError, InputError, ModelError
from bedside.models import Endpoint, Finish, Piece, ProfiledChatModel, Request, ScriptedChatModel, Sight
from bedside.models.profiles import profile_for
from bedside.testing import ModelReport, check_model, no_real_models
from tests.models.test_http import JSON, Peer, asked_of, choice, events, refusal, reply, scored

NUMBERS = " ".join(f"number-{n}" for n in range(200))


class Own(ProfiledChatModel):
    """A backend in twenty lines that keeps every promise. It answers in words; a word is a token."""

    @property
    def _llm_type(self) -> str:
        return "own"

    def words(self, request: Request) -> list[str]:
        if request.schema is not None:
            return ['{"symptoms": []}']
        return (NUMBERS if "Count" in request.turns[-1].text else "Heart.").split(" ")

    def _pieces(self, request: Request) -> Generator[Piece, None, None]:
        if any(turn.images for turn in request.turns):
            raise InputError("this model reads no images")
        prompt = sum(len(turn.text.split()) for turn in request.turns)
        if prompt > self.family.context:
            raise ContextOverflowError(prompt, request.max_tokens, self.family.context)
        words = self.words(request)
        for word in words[: request.max_tokens]:
            yield Piece(word + " ")
        said = min(len(words), request.max_tokens)
        usage = UsageMetadata(input_tokens=prompt, output_tokens=said, total_tokens=prompt + said)
        yield Piece(finish=Finish.LENGTH if said < len(words) else Finish.STOP, usage=usage)


def test_a_model_that_keeps_the_promises_passes_and_is_reported() -> None:
    assert check_model(Own(), timeout=10) == ModelReport(
        pieces=48,
        usage=True,
        constrained=False,
        valid=1.0,
        sight=Sight.BLIND,
        scores=False,
        batch_same=True,
        overflow="refused",
    )


async def test_it_runs_inside_a_running_loop() -> None:
    assert check_model(Own(), timeout=10).valid == 1.0


def test_the_scripted_model_passes() -> None:
    report = check_model(ScriptedChatModel(default="Heart."), timeout=10)
    assert report.sight is Sight.SEES
    assert (report.valid, report.overflow) == (0.0, "answered")


@pytest.mark.slow
def test_the_tiny_medgemma_passes(tiny_medgemma_folder: Path) -> None:
    model = Endpoint.parse(f"hf:{tiny_medgemma_folder},device=cpu,profile=medgemma").chat_model(timeout=60)
    report = check_model(model)
    assert report.sight is Sight.SEES
    assert (report.constrained, report.valid, report.scores, report.overflow) == (True, 1.0, True, "refused")


@pytest.mark.slow
def test_a_model_of_llama_cpp_passes() -> None:
    file = Path(os.environ.get("BEDSIDE_WEIGHTS", "")) / "smollm2-135m.gguf"
    if not file.is_file():
        pytest.skip("no weights: set BEDSIDE_WEIGHTS (scripts/weights.py)")
    report = check_model(Endpoint.parse(f"gguf:{file},threads=1,context=512").chat_model(timeout=60))
    assert (report.constrained, report.valid, report.scores, report.overflow) == (True, 1.0, True, "refused")


def well_behaved(handler: BaseHTTPRequestHandler) -> None:
    """A server that keeps every promise. It answers in words; a word is a token, and a picture is 256."""
    asked = asked_of(handler)
    texts, images = [], 0
    for message in asked["messages"]:
        parts = message["content"] if isinstance(message["content"], list) else [{"text": message["content"]}]
        texts += [part["text"] for part in parts if "text" in part]
        images += sum("image_url" in part for part in parts)
    prompt = sum(len(text.split()) for text in texts) + 256 * images
    if prompt + asked["max_tokens"] > 10_000:
        refusal(400, message="Quackenbush: This model's maximum context length is 10000 tokens.")(handler)
    elif asked.get("logprobs"):
        reply(200, scored([{"token": " A", "logprob": -0.2}, {"token": "The", "logprob": -2.0}]), **JSON)(handler)
    else:
        plain = NUMBERS if "Count" in texts[-1] else "Heart."
        words = ['{"symptoms": []}'] if "response_format" in asked else plain.split(" ")
        said = words[: asked["max_tokens"]]
        usage = {"prompt_tokens": prompt, "completion_tokens": len(said), "total_tokens": prompt + len(said)}
        found = [choice({"content": f"{word} "}) for word in said]
        end = choice({}, "stop" if len(said) == len(words) else "length")
        reply(200, events([*found, end, {"choices": [], "usage": usage}]))(handler)


@pytest.mark.allow_hosts(["127.0.0.1"])
@pytest.mark.parametrize("context", ["", ",context=4000"])
def test_a_server_that_behaves_passes(context: str) -> None:
    peer = Peer(well_behaved)
    try:
        model = Endpoint.parse(f"{peer.spec},profile=medgemma{context}").chat_model(timeout=10)
        report = check_model(model, timeout=30)
    finally:
        peer.shutdown()
        peer.server_close()
    assert report == ModelReport(
        pieces=48,
        usage=True,
        constrained=False,
        valid=1.0,
        sight=Sight.SEES,
        scores=True,
        batch_same=True,
        overflow="refused",
    )


class Unchecked(Own):
    def check(self) -> None:
        raise ModelError("its file is missing")


class Endless(Own):
    """Keeps to no budget."""

    def _pieces(self, request: Request) -> Generator[Piece, None, None]:
        for word in self.words(request):
            yield Piece(word + " ")
        yield Piece(finish=Finish.STOP)


class HalfAnswers(Own):
    """Says of half an answer that it is one."""

    def _pieces(self, request: Request) -> Generator[Piece, None, None]:
        for piece in super()._pieces(request):
            yield Piece(piece.text, finish=Finish.STOP if piece.finish else None)


class WithoutEnd(Own):
    def _pieces(self, request: Request) -> Generator[Piece, None, None]:
        yield Piece("Heart.")


class Remembering(Own):
    """Answers by what it was asked before."""

    def words(self, request: Request) -> list[str]:
        self._seen += 1
        return [f"Heart-{self._seen}."]

    _seen: int = 0


class Hogging(Own):
    """Is not free again after a stream that was left."""

    def _pieces(self, request: Request) -> Generator[Piece, None, None]:
        assert lock.acquire()
        yield from super()._pieces(request)
        lock.release()


lock = threading.Lock()


class Boasting(Own):
    """Says that it decodes under a schema, and does not."""

    @property
    def constrains(self) -> bool:
        return True

    def words(self, request: Request) -> list[str]:
        return ['{"symptoms": [{"name": "cough"}]}'] if request.schema is not None else super().words(request)


class Quoting(Own):
    """Quotes what it could not read."""

    def _pieces(self, request: Request) -> Generator[Piece, None, None]:
        text = request.turns[-1].text
        if len(text) > 10_000:
            raise ModelError(f"cannot read {text[:40]}")
        yield from super()._pieces(request)


class Crashing(Own):
    def _pieces(self, request: Request) -> Generator[Piece, None, None]:
        yield Piece()
        raise ValueError(request.turns[-1].text)


class Cutting(Own):
    """Reads the end of a prompt that does not fit."""

    def _pieces(self, request: Request) -> Generator[Piece, None, None]:
        cut = [turn._replace(parts=(*turn.images, " ".join(turn.text.split()[-100:]))) for turn in request.turns]
        yield from super()._pieces(dataclasses.replace(request, turns=tuple(cut)))


class PassingOver(Own):
    """Answers as if no image had been there."""

    def _pieces(self, request: Request) -> Generator[Piece, None, None]:
        yield Piece("Heart.")
        yield Piece(finish=Finish.STOP)


class BlindAndSure(PassingOver):
    @property
    def sees(self) -> bool:
        return True

    def _pieces(self, request: Request) -> Generator[Piece, None, None]:
        yield Piece("Heart.")
        yield Piece(finish=Finish.STOP, usage=UsageMetadata(input_tokens=5, output_tokens=1, total_tokens=6))


class WrongSum(Own):
    def _pieces(self, request: Request) -> Generator[Piece, None, None]:
        for piece in super()._pieces(request):
            usage = UsageMetadata(input_tokens=5, output_tokens=5, total_tokens=7)
            yield Piece(piece.text, finish=piece.finish, usage=usage if piece.finish else None)


class Scores(Own):
    found: list[float]

    def score(self, messages: Sequence[BaseMessage], options: Sequence[str]) -> list[float] | None:
        return self.found


class Unheeding(Own):
    """A real model that answers where tests forbid it."""

    def _request(self, messages: Any, stop: Any, options: Any) -> Request:
        return ScriptedChatModel(family=self.family)._request(messages, stop, options)


@pytest.mark.parametrize(
    ("model", "says"),
    [
        (Unchecked(), "check: its file is missing"),
        (Endless(), "budget of 4 tokens is not kept"),
        (HalfAnswers(), "cut off at its budget is passed on as an answer"),
        (WithoutEnd(), "has no end"),
        (Remembering(), "two replies at temperature 0"),
        (Hogging(), "a question after a stream that is left: nothing came"),
        (Boasting(), "decodes under a schema .* the answer breaks it"),
        (Quoting(), "a prompt that does not fit: the message of ModelError quotes the prompt"),
        (Crashing(), "failed with ValueError"),
        (Cutting(), "was cut without a word: 100 tokens"),
        (PassingOver(), "answers as if none had been there"),
        (BlindAndSure(), "a picture is refused or passed over"),
        (WrongSum(), "does not add up"),
        (Scores(found=[-1.0]), "one finite log-probability for each option"),
        (Scores(found=[-1.0, float("nan")]), "one finite log-probability for each option"),
        (Scores(found=[-0.1, -0.1]), "more than 1 together"),
        (Unheeding(), "no_real_models"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Own) else "",
)
def test_a_model_that_breaks_a_promise_is_caught(model: Own, says: str) -> None:
    if lock.locked():
        lock.release()
    with pytest.raises(AssertionError, match=says) as raised:
        check_model(model, timeout=1 if isinstance(model, Hogging) else 30)
    assert "Quackenbush" not in str(raised.value)


def test_a_model_that_need_not_be_deterministic_is_not_held_to_it() -> None:
    assert not check_model(Remembering(), deterministic=False, timeout=10).batch_same


def test_thinking_in_the_text_of_an_answer_is_caught() -> None:
    class Loud(Own):
        def _stream(self, *args: Any, **kwargs: Any) -> Any:
            for chunk in super()._stream(*args, **kwargs):
                if chunk.text:
                    chunk.message.content = f"<unused94>hm{chunk.text}"
                yield chunk

    with pytest.raises(AssertionError, match="what the model thinks is in the text"):
        check_model(Loud(family=profile_for("medgemma")), timeout=10)


def test_where_real_models_are_forbidden_it_says_so() -> None:
    with no_real_models(), pytest.raises(AssertionError, match="forbids it"):
        check_model(Own())


def test_the_schema_of_the_kit_is_what_own_models_are_asked_for() -> None:
    asked: list[str] = []

    def answer(text: str) -> str:
        asked.append(text)
        return json.dumps({"symptoms": [{"name": "cough", "status": "present"}]}) if "schema" in text else "Heart."

    assert check_model(ScriptedChatModel(function=answer), timeout=10).valid == 1.0
    assert any("no chest pain" in text for text in asked)
