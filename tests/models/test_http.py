"""`openai:` against a real HTTP peer on this machine: what arrives, and how each misbehaviour ends."""

from __future__ import annotations

import asyncio
import json
import re
import socket
import threading
import time
import traceback
from collections.abc import Callable, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from langchain_core.messages import HumanMessage
from langgraph.runtime import Runtime
from pydantic import BaseModel

from bedside.boundary import Boundary, Outcome, Prompt, Vocabulary
from bedside.errors import ContextOverflowError, EndpointError, ModelError
from bedside.flow import START, CaseState, ClinicalGraph, Private, Services
from bedside.models import Endpoint, RemoteModel
from bedside.models.backends.openai import TURN_TOKENS
from bedside.models.clients import CONNECT_SECONDS, limits
from bedside.models.keys import MODEL_KEY
from bedside.models.vision import grey_square
from bedside.persistence import Document, MemoryCaseStore
from tests.conftest import SECRET, NameDetector
from tests.gates import gate
from tests.models.test_models import KEY, PROMPTS, question

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])


class Peer(ThreadingHTTPServer):
    """A server that behaves as it is told and keeps every byte that arrives."""

    daemon_threads = True

    def __init__(self, behave: Callable[[BaseHTTPRequestHandler], None], port: int = 0) -> None:
        self.arrived: list[bytes] = []
        peer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                peer.arrived.append(f"{self.requestline}\n{self.headers}".encode() + body)
                # A form, which a search engine is sent, is no JSON.
                self.asked = json.loads(body) if body.startswith(b"{") else {}
                behave(self)

            do_GET = do_HEAD = do_POST

            def log_message(self, format: str, *args: Any) -> None:
                pass

        super().__init__(("127.0.0.1", port), Handler)
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    @property
    def spec(self) -> str:
        return f"openai:http://127.0.0.1:{self.server_address[1]}/v1#test"


JSON = {"content-type": "application/json"}


def reply(status: int, body: str, **headers: str) -> Callable[[BaseHTTPRequestHandler], None]:
    def behave(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in {"content-type": "text/event-stream", **headers}.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(body.encode())

    return behave


def completion(text: str, finish: str | None = "stop", **delta: str) -> str:
    """An answer as servers stream it: an event with the words, and one with the reason why it ended."""
    return events([choice({"role": "assistant", "content": text, **delta}), choice({}, finish)])


def choice(delta: dict[str, str], finish: str | None = None) -> dict[str, Any]:
    return {"choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}


def events(found: Sequence[dict[str, Any]]) -> str:
    told = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "test"}
    return "".join(f"data: {json.dumps({**told, **one})}\n\n" for one in found) + "data: [DONE]\n\n"


def hang(handler: BaseHTTPRequestHandler) -> None:
    time.sleep(3)


def break_off(handler: BaseHTTPRequestHandler) -> None:
    reply(200, completion("It is", None)[:60], **{"content-length": "9999"})(handler)


def refusal(status: int, **error: Any) -> Callable[[BaseHTTPRequestHandler], None]:
    """A refusal as servers write it, which quotes the prompt."""
    body = {"error": {"message": f"chest pain, {SECRET}", **error}}
    return reply(status, json.dumps(body), **JSON)


def choosy(*refused: str) -> Callable[[BaseHTTPRequestHandler], None]:
    """A server that turns away what it does not know, as OpenAI does."""

    def behave(handler: BaseHTTPRequestHandler) -> None:
        body = asked_of(handler)
        if any(name in body for name in refused):
            refusal(400)(handler)
        elif body.get("stream"):
            reply(200, completion("ACS"))(handler)
        else:
            reply(200, scored([{"token": "A", "logprob": -0.1}]), **JSON)(handler)

    return behave


def scored(candidates: Any) -> str:
    told = {"content": [{"token": "A", "logprob": -0.1, "top_logprobs": candidates}]}
    choice = {"index": 0, "message": {"role": "assistant", "content": "A"}, "logprobs": told}
    return json.dumps({"choices": [choice]})


def asked_of(handler: BaseHTTPRequestHandler) -> dict[str, Any]:
    found: dict[str, Any] = handler.asked  # type: ignore[attr-defined]
    return found


def body_of(arrived: bytes) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(arrived[arrived.index(b"{") :])
    return found


async def ask(spec: str, timeout: float = 5.0) -> tuple[Outcome, str]:
    endpoint = Endpoint.parse(spec)
    destination = f"consult:{endpoint.origin}"
    entered = gate(KEY, destination, [], guard=lambda text: False)
    model = RemoteModel(entered, endpoint=endpoint, prompts=PROMPTS, timeout=timeout)
    answer = await model.ask(Prompt("test/ask", {"facts": question(destination=destination)}))
    return answer.outcome, answer.text


async def test_an_answer_comes_home_and_only_the_prompt_arrived(
    peers: Callable[..., Peer], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_ORG_ID", "ward-7")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "ward-7")
    peer = peers(reply(200, completion("ACS")))
    assert await ask(peer.spec) == (Outcome.ANSWERED, "ACS")
    (arrived,) = peer.arrived
    body = body_of(arrived)
    assert body["messages"] == [{"role": "user", "content": "Present: chest pain.\nWhy?"}]
    # All that decides on an answer is said: no server falls back to habits of its own.
    assert {key: body[key] for key in sorted(set(body) - {"messages"})} == {
        "frequency_penalty": 0,
        "max_tokens": 4_096,
        "min_p": 0,
        "model": "test",
        "presence_penalty": 0,
        "repeat_penalty": 1,
        "repetition_penalty": 1,
        "seed": 0,
        "stream": True,
        "stream_options": {"include_usage": True},
        "temperature": 0,
        "top_k": -1,
        "top_p": 1,
    }
    assert b"case-1" not in arrived
    assert b"ward-7" not in arrived


@pytest.mark.parametrize(
    ("behave", "outcome"),
    [
        (reply(500, "{}"), Outcome.REJECTED),
        (reply(401, "{}"), Outcome.KEY_REFUSED),
        (reply(429, "{}", **{"retry-after": "0"}), Outcome.BUSY),
        (reply(503, "{}", **{"retry-after": "0"}), Outcome.BUSY),
        (reply(504, "{}"), Outcome.BROKEN_OFF),
        (reply(404, "{}"), Outcome.NOT_SERVED),
        (refusal(400, code="context_length_exceeded"), Outcome.TOO_LONG),
        (reply(200, "this is no JSON"), Outcome.NONSENSE),
        (reply(200, 'data: {"error": {"message": "chest pain"}}\n\n'), Outcome.NONSENSE),
        (break_off, Outcome.BROKEN_OFF),
        (reply(200, completion("")), Outcome.EMPTY),
        (reply(200, completion("x" * 10_000_000)), Outcome.NONSENSE),
        (reply(200, completion("It is", None)), Outcome.NONSENSE),
        (reply(200, completion("It is", "length")), Outcome.TRUNCATED),
        (reply(200, completion("It is", "content_filter")), Outcome.NONSENSE),
        (reply(200, completion("It is", "abort")), Outcome.NONSENSE),
        (reply(200, completion("It is", "error")), Outcome.NONSENSE),
        (reply(200, completion("", "stop", reasoning_content="Hm, the chest.")), Outcome.EMPTY),
        (reply(200, completion("chest pain " * 100)), Outcome.LOOPED),
        (hang, Outcome.TIMED_OUT),
    ],
)
async def test_a_misbehaving_server_is_an_outcome(
    peers: Callable[..., Peer], behave: Callable[[BaseHTTPRequestHandler], None], outcome: Outcome
) -> None:
    peer = peers(behave)
    assert (await ask(peer.spec, timeout=0.3 if behave is hang else 5))[0] is outcome
    assert len(peer.arrived) == 1  # never sent twice


@pytest.mark.parametrize(
    "before",
    [
        "retry: 3000\n\n",
        "id: 7\n\n",
        "event: ping\ndata: {}\n\n",
        "event: heartbeat\r\ndata: 2026-11-30\r\n\r\n",
        ": still here\n\n",
        "retry: 3000\nid: 1\n",
    ],
)
async def test_a_sign_of_life_before_an_answer_is_no_answer(peers: Callable[..., Peer], before: str) -> None:
    peer = peers(reply(200, before + completion("ACS")))
    assert await ask(peer.spec) == (Outcome.ANSWERED, "ACS")


async def test_of_an_event_that_came_in_pieces_no_byte_is_lost(peers: Callable[..., Peer]) -> None:
    def in_pieces(handler: BaseHTTPRequestHandler) -> None:
        reply(200, "")(handler)
        for byte in ("retry: 9\n\n" + completion("retry: event: ACS")).rstrip("\n").encode():
            handler.wfile.write(bytes([byte]))
            handler.wfile.flush()

    assert await ask(peers(in_pieces).spec) == (Outcome.ANSWERED, "retry: event: ACS")


async def test_an_image_arrives_at_a_server_as_it_was_given(peers: Callable[..., Peer]) -> None:
    peer = peers(reply(200, completion("A chest.")))
    model = Endpoint.parse(f"{peer.spec},profile=medgemma").chat_model(timeout=5)
    image = {"type": "image", "base64": "AAAA", "mime_type": "image/png"}
    asked = HumanMessage([{"type": "text", "text": "look"}, image])
    assert (await model.ainvoke([asked])).text == "A chest."
    body = body_of(peer.arrived[0])
    (message,) = body["messages"]
    assert [part.get("text", part.get("image_url")) for part in message["content"]] == [
        "look",
        {"url": "data:image/png;base64,AAAA"},
    ]
    assert body["stop"] == ["<end_of_turn>"]


class Names(BaseModel):
    names: list[str]


async def test_a_server_gets_the_schema_and_what_it_thinks_is_told_apart(peers: Callable[..., Peer]) -> None:
    peer = peers(reply(200, completion('{"names": []}', reasoning_content="Hm.")))
    model = Endpoint.parse(peer.spec).chat_model(timeout=5)
    raw = await model.with_structured_output(Names, include_raw=True).ainvoke("?")
    assert raw["parsed"] == Names(names=[])
    assert raw["raw"].content_blocks[0] == {"type": "reasoning", "reasoning": "Hm."}
    schema = {**Names.model_json_schema(), "additionalProperties": False}
    assert body_of(peer.arrived[0])["response_format"]["json_schema"]["schema"] == schema


NO_LOGPROBS = '{"choices": [{"index": 0, "message": {"role": "assistant", "content": "A"}, "logprobs": %s}]}'


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (400, "{}"),
        (422, "{}"),
        (501, "{}"),
        (200, NO_LOGPROBS % "null"),
        (200, NO_LOGPROBS % '{"content": null}'),
        (200, NO_LOGPROBS % '{"content": []}'),
        (200, NO_LOGPROBS % '{"content": [{"token": "A", "logprob": -0.1}]}'),
        (200, NO_LOGPROBS % '{"tokens": ["A"], "token_logprobs": [-0.1]}'),
        (200, scored([])),
        (200, scored(None)),
    ],
)
def test_a_server_that_tells_no_probabilities_scores_nothing(
    peers: Callable[..., Peer], status: int, body: str
) -> None:
    peer = peers(reply(status, body, **JSON))
    model = Endpoint.parse(peer.spec).chat_model(timeout=5)
    assert model.score([HumanMessage("?")], ["A", "B"]) is None
    assert b'"top_logprobs"' in peer.arrived[0]


OVERFLOWS = {
    "openai": refusal(400, code="context_length_exceeded"),
    "vllm": refusal(400, message="Zebulon. This model's maximum context length is 8192 tokens. However, …"),
    "vllm, flat": reply(400, '{"object": "error", "message": "the model\'s context length is only 8192 tokens"}'),
    "vllm, prompt": refusal(400, message="The decoder prompt is longer than the maximum model length of 8192."),
    "llama.cpp": refusal(400, type="exceed_context_size_error", n_prompt_tokens=9_000, n_ctx=8_192),
    "ollama": refusal(400, message="the input length exceeds the context length"),
    "in its stream": reply(200, 'data: {"error": {"type": "exceed_context_size_error", "message": "Zebulon"}}\n\n'),
}


@pytest.mark.parametrize("behave", OVERFLOWS.values(), ids=OVERFLOWS)
async def test_a_prompt_that_a_servers_context_does_not_hold_is_an_overflow_and_is_asked_once(
    peers: Callable[..., Peer], behave: Callable[[BaseHTTPRequestHandler], None]
) -> None:
    peer = peers(behave)
    model = Endpoint.parse(peer.spec).chat_model(timeout=5)
    for way in (model.invoke, lambda text: asyncio.run(model.ainvoke(text))):
        with pytest.raises(ContextOverflowError, match=",context=TOKENS") as raised:
            await asyncio.to_thread(way, "Zebulon has chest pain.")
        assert "Zebulon" not in str(raised.value)
    assert len(peer.arrived) == 2


STREAMED = ("invoke", "ainvoke")
EVERY = (*STREAMED, "score")


@pytest.mark.parametrize(
    ("behave", "ways", "kind", "says"),
    [
        (refusal(401), EVERY, EndpointError, "does not take the key .status 401.; export BEDSIDE_API_KEY="),
        (refusal(403), EVERY, EndpointError, "status 403.; export BEDSIDE_API_KEY="),
        (refusal(404), EVERY, EndpointError, "no model test .status 404.; look what it serves, curl .*/v1/models"),
        (refusal(400), STREAMED, ModelError, "did not answer: status 400$"),
        (refusal(422), STREAMED, ModelError, "did not answer: status 422$"),
        (refusal(429), EVERY, ModelError, "busy \\(status 429\\)"),
        (refusal(500), EVERY, ModelError, "did not answer: status 500$"),
        (refusal(302, location="http://127.0.0.1:9/"), EVERY, ModelError, "did not answer: status 302$"),
        (reply(200, f'data: {{"error": {{"message": "{SECRET}"}}}}\n\n'), STREAMED, ModelError, "broke off"),
        (reply(200, f"data: {SECRET}\n\n"), EVERY, ModelError, "sent what is no answer"),
        (reply(200, '{"choices": [{"message": 3}]}', **JSON), ("score",), ModelError, "sent what is no answer"),
        (break_off, EVERY, ModelError, "connection .* broke off"),
        (hang, EVERY, ModelError, "in time"),
        (None, EVERY, EndpointError, "nobody answers at http://127.0.0.1:.*/v1; start the server"),
    ],
)  # fmt: skip
def test_what_goes_wrong_is_an_error_of_bedside_with_the_way_out_and_without_the_servers_words(
    peers: Callable[..., Peer], behave: Any, ways: Sequence[str], kind: type[ModelError], says: str
) -> None:
    peer = peers(behave or hang)
    if behave is None:
        peer.shutdown()
        peer.server_close()
    model = Endpoint.parse(peer.spec).chat_model(timeout=0.3 if behave is hang else 5)
    asked: dict[str, Callable[[str], Any]] = {
        "invoke": model.invoke,
        "ainvoke": lambda text: asyncio.run(model.ainvoke(text)),
        "score": lambda text: model.score([HumanMessage(text)], ["A", "B"]),
    }
    for way in ways:
        with pytest.raises(kind, match=says) as raised:
            asked[way](f"{SECRET} has chest pain.")
        assert type(raised.value) is kind
        assert SECRET not in "".join(traceback.format_exception(raised.value))


async def test_a_connection_is_tried_again_and_the_question_arrives_once() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    late: list[Peer] = []
    starting = threading.Timer(0.2, lambda: late.append(Peer(reply(200, completion("ACS")), port)))
    starting.start()
    try:
        assert await ask(f"openai:http://127.0.0.1:{port}/v1#test") == (Outcome.ANSWERED, "ACS")
        assert len(late[0].arrived) == 1
    finally:
        starting.join()
        late[0].shutdown()
        late[0].server_close()


async def test_a_redirect_is_not_followed(peers: Callable[..., Peer]) -> None:
    elsewhere = peers(reply(200, completion("got it")))
    address = f"http://127.0.0.1:{elsewhere.server_address[1]}/v1/chat/completions"
    peer = peers(reply(307, "", location=address))
    outcome, text = await ask(peer.spec)
    assert outcome is not Outcome.ANSWERED
    assert text == ""
    assert elsewhere.arrived == []


async def test_a_proxy_in_the_environment_is_not_used(
    peers: Callable[..., Peer], monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy = peers(reply(200, completion("seen by the proxy")))
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "OPENAI_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.server_address[1]}")
    assert await ask(peers(reply(200, completion("ACS"))).spec) == (Outcome.ANSWERED, "ACS")
    assert proxy.arrived == []


async def test_what_only_some_servers_know_is_left_out_once_one_turns_it_away(peers: Callable[..., Peer]) -> None:
    peer = peers(choosy("top_k", "min_p"))
    assert await ask(peer.spec) == (Outcome.ANSWERED, "ACS")
    assert await ask(peer.spec) == (Outcome.ANSWERED, "ACS")
    model = Endpoint.parse(peer.spec).chat_model(timeout=5)
    assert model.invoke("?").text == "ACS"
    assert model.score([HumanMessage("?")], ["A", "B"]) is not None
    assert ["top_k" in body_of(one) for one in peer.arrived] == [True, False, False, False, False]


@pytest.mark.parametrize("first", ["invoke", "score"])
def test_a_server_is_not_asked_for_less_because_of_another_mistake(peers: Callable[..., Peer], first: str) -> None:
    peer = peers(choosy("model"))
    model = Endpoint.parse(peer.spec).chat_model(timeout=5)
    for _ in range(2):
        with pytest.raises(ModelError, match="status 400"):
            model.invoke("?")
    assert ["top_k" in body_of(one) for one in peer.arrived] == [True, False, True, False]


@pytest.mark.parametrize(
    ("prompt", "options", "most"),
    [
        ("x" * 300, {}, 1_000 - 100 - TURN_TOKENS),
        ("x" * 300, {"max_tokens": 50}, 50),
        ("x" * 301, {}, 1_000 - 101 - TURN_TOKENS),
        ([{"type": "text", "text": "x" * 300}, grey_square()], {}, 1_000 - 100 - TURN_TOKENS - 256),
    ],
)
def test_an_answer_may_be_as_long_as_the_context_that_the_spec_tells_leaves(
    peers: Callable[..., Peer], prompt: Any, options: dict[str, Any], most: int
) -> None:
    peer = peers(reply(200, completion("ACS")))
    model = Endpoint.parse(f"{peer.spec},context=1000,profile=medgemma").chat_model(timeout=5)
    model.invoke([HumanMessage(prompt)], **options)
    assert body_of(peer.arrived[0])["max_tokens"] == most


def test_a_prompt_that_fills_the_context_of_the_spec_is_not_sent(peers: Callable[..., Peer]) -> None:
    peer = peers(reply(200, completion("ACS")))
    model = Endpoint.parse(f"{peer.spec},context=1000").chat_model(timeout=5)
    with pytest.raises(ContextOverflowError, match="do not fit a context of 1000"):
        model.invoke("x" * 3_000)
    assert peer.arrived == []


async def test_neither_server_is_shown_the_key_of_the_other(
    peers: Callable[..., Peer], monkeypatch: pytest.MonkeyPatch
) -> None:
    peer = peers(reply(200, completion("ACS")))
    local = Endpoint.parse(peer.spec, key_variable=MODEL_KEY).require_inside().chat_model(timeout=5)
    keys = []
    for consult_key, model_key in (("hunter2", "swordfish"), ("hunter2", ""), ("", "swordfish")):
        monkeypatch.setenv("BEDSIDE_API_KEY", consult_key)
        monkeypatch.setenv("BEDSIDE_MODEL_API_KEY", model_key)
        await ask(peer.spec)
        await local.ainvoke("?")
        keys += re.findall(rb"(?i)authorization: Bearer (.*)\r?\n", b"\n".join(peer.arrived))
        peer.arrived.clear()
    assert [key.strip().decode() for key in keys] == [
        "hunter2",
        "swordfish",
        "hunter2",
        "none",
        "none",
        "swordfish",
    ]


class Notes(CaseState, total=False):
    opinion: Private[str]


async def read_aloud(state: Notes, runtime: Runtime[Services]) -> dict[str, str]:
    """A user's local node: it may show the hospital's own model what is private."""
    model = runtime.context.inside_consult()
    if model is None:
        return {"opinion": "nobody inside to ask"}
    (note,) = runtime.context.cases.documents(state["case"]).values()
    return {"opinion": (await model.ainvoke(note)).text}


@pytest.mark.parametrize(
    ("hosts", "opinion", "arrived"), [(["127.0.0.1"], "ACS", 1), ([], "nobody inside to ask", 0)]
)
async def test_a_local_node_asks_a_model_that_is_declared_inside_and_no_other(
    peers: Callable[..., Peer], hosts: list[str], opinion: str, arrived: int
) -> None:
    peer = peers(reply(200, completion("ACS")))
    cases = MemoryCaseStore()
    services = Services(
        cases=cases,
        boundary=Boundary(cases, [NameDetector()], Vocabulary([])),
        remote_endpoint=Endpoint.parse(peer.spec).declared(hosts),
    )
    graph = ClinicalGraph(Notes)
    graph.add_node("read_aloud", read_aloud)
    graph.add_edge(START, "read_aloud")
    case = cases.open([Document("note", "Synthetic: Ada Quill has chest pain.")])
    output = await graph.compile().ainvoke({"case": case}, context=services)
    assert output["opinion"] == opinion
    assert len(peer.arrived) == arrived
    assert all(b"Ada Quill" in one for one in peer.arrived)


def test_a_connection_is_waited_for_less_long_than_an_answer() -> None:
    assert (limits(300).read, limits(300).connect) == (300, CONNECT_SECONDS)
    assert limits(2).connect == 2
