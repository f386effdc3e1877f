"""Whether a model sees is found out, not believed."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Generator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage

from bedside.errors import ModelError
from bedside.models import Endpoint, ScriptedChatModel, Sight, probe_vision
from bedside.models.profiles import profile_for
from bedside.models.reply import Piece, Request
from tests.models.test_http import Peer, completion, reply

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])


Behave = Callable[[BaseHTTPRequestHandler, bool], None]


@pytest.fixture
def server(peers: Callable[..., Peer]) -> Callable[[Behave], Any]:
    """A chat model of a server that is told whether an image arrived."""

    def start(behave: Behave) -> Any:
        peer: Peer = peers(lambda handler: behave(handler, b"data:image/png;base64," in peer.arrived[-1]))
        return Endpoint.parse(peer.spec).chat_model(timeout=5)

    return start


def counting(without: int, shown: int) -> Behave:
    def behave(handler: BaseHTTPRequestHandler, image: bool) -> None:
        count = shown if image else without
        usage = {"prompt_tokens": count, "completion_tokens": 1, "total_tokens": count + 1}
        event = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "test", "choices": []}
        told = f"data: {json.dumps({**event, 'usage': usage})}\n\n"
        reply(200, completion("A", "length").replace("data: [DONE]", f"{told}data: [DONE]"))(handler)

    return behave


def refusing(handler: BaseHTTPRequestHandler, image: bool) -> None:
    reply(500 if image else 200, "{}" if image else completion("A"))(handler)


def silent(handler: BaseHTTPRequestHandler, image: bool) -> None:
    reply(200, completion("A"))(handler)


@pytest.mark.parametrize(
    ("behave", "sight"),
    [
        (counting(10, 266), Sight.SEES),
        (counting(10, 10), Sight.BLIND),
        (refusing, Sight.BLIND),
        (silent, Sight.UNKNOWN),
    ],
)
async def test_a_server_is_found_out(server: Any, behave: Any, sight: Sight) -> None:
    assert await probe_vision(server(behave), timeout=20) is sight


async def test_a_server_that_answers_nothing_is_an_error(server: Any) -> None:
    with pytest.raises(ModelError, match="did not answer"):
        await probe_vision(server(lambda handler, image: reply(500, "{}")(handler)), timeout=20)


async def test_a_slow_eye_is_no_missing_one(server: Any) -> None:
    def slow(handler: BaseHTTPRequestHandler, image: bool) -> None:
        time.sleep(1.0 * image)
        silent(handler, image)

    with pytest.raises(ModelError, match="in time"):
        await probe_vision(server(slow).model_copy(update={"timeout": 0.3}), timeout=20)


async def test_the_tiny_medgemma_sees_and_a_text_model_does_not(
    tiny_medgemma_folder: Path, tiny_gemma3_folder: Path
) -> None:
    from bedside.models.backends.hf import ChatTransformers

    family = profile_for("medgemma")
    for folder, sight in ((tiny_medgemma_folder, Sight.SEES), (tiny_gemma3_folder, Sight.BLIND)):
        model = ChatTransformers(model=str(folder), family=family, device="cpu")
        assert await probe_vision(model, timeout=60) is sight


class Failing(ScriptedChatModel):
    def _pieces(self, request: Request) -> Generator[Piece, None, None]:
        raise ValueError("Zebulon")


async def test_any_chat_model_can_be_probed() -> None:
    silent = GenericFakeChatModel(messages=iter([AIMessage("a"), AIMessage("a")]))
    assert await probe_vision(silent, timeout=5) is Sight.UNKNOWN
    assert await probe_vision(ScriptedChatModel(default="It is grey."), timeout=5) is Sight.SEES
    with pytest.raises(ModelError, match="did not answer") as raised:
        await probe_vision(Failing(), timeout=5)
    assert "Zebulon" not in str(raised.value)
