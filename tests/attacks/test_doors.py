"""Doors beside the boundary: what the environment, a tracer or a server could open. All text is synthetic."""

from __future__ import annotations

import asyncio
import datetime
import gzip
import ipaddress
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from langchain_core.caches import InMemoryCache
from langchain_core.callbacks import BaseCallbackHandler, BaseCallbackManager
from langchain_core.globals import set_llm_cache
from langchain_core.language_models import FakeListChatModel
from langchain_core.runnables import RunnableLambda
from langchain_core.tracers import context as tracers
from pydantic import BaseModel

from bedside.boundary import Outcome
from bedside.boundary.detectors import ModelDetector
from bedside.errors import PrivacyFlowError
from bedside.flow import REMOTE
from bedside.models import ScriptedChatModel, structured
from bedside.models.clients import client
from bedside.models.deadlines import MOST_AT_ONCE, on_the_clock
from tests.conftest import SECRET
from tests.flow.trial import PROMPTS, Trial
from tests.models.test_http import Peer, ask, completion, reply


@pytest.fixture
def peers() -> Iterator[Callable[..., Peer]]:
    made: list[Peer] = []

    def start(behave: Callable[[BaseHTTPRequestHandler], None]) -> Peer:
        made.append(Peer(behave))
        return made[-1]

    yield start
    for one in made:
        one.shutdown()


# --- the environment


@pytest.mark.allow_hosts(["127.0.0.1"])
async def test_headers_of_the_environment_do_not_go_along(
    peers: Callable[..., Peer], monkeypatch: pytest.MonkeyPatch
) -> None:
    headers = f"X-Ward: {SECRET}\nAuthorization: Bearer {SECRET}\nHost: {SECRET}.example\nUser-Agent: {SECRET}"
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", headers)
    monkeypatch.setenv("OPENAI_ORG_ID", SECRET)
    monkeypatch.setenv("OPENAI_PROJECT_ID", SECRET)
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    peer = peers(reply(200, completion("ACS")))
    assert await ask(peer.spec) == (Outcome.ANSWERED, "ACS")
    (arrived,) = peer.arrived
    assert SECRET.encode().lower() not in arrived.lower()
    assert b"stainless" not in arrived.lower(), "the client's own remarks name the system"


def certificate(folder: Path) -> tuple[Path, ssl.SSLContext]:
    """A certificate of this machine's own, and a server's context with it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "test")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .issuer_name(name)
        .subject_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    public, private = folder / "public.pem", folder / "private.pem"
    public.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    form = serialization.PrivateFormat.PKCS8
    private.write_bytes(key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(public, private)
    return public, context


@pytest.mark.allow_hosts(["127.0.0.1"])
async def test_no_session_key_is_logged_and_a_strange_certificate_is_named(
    peers: Callable[..., Peer], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = tmp_path / "keys.log"
    monkeypatch.setenv("SSLKEYLOGFILE", str(log))
    public, context = certificate(tmp_path)
    peer = peers(reply(200, completion("ACS")))
    peer.socket = context.wrap_socket(peer.socket, server_side=True)
    spec = peer.spec.replace("http:", "https:")
    assert await ask(spec) == (Outcome.UNTRUSTED, "")
    monkeypatch.setenv("SSL_CERT_FILE", str(public))
    assert await ask(spec) == (Outcome.ANSWERED, "ACS")
    assert not log.exists()


# --- a server


def bomb(handler: BaseHTTPRequestHandler) -> None:
    body = gzip.compress(b"data: " + b" " * 200_000_000, 9)
    handler.send_response(200)
    handler.send_header("content-type", "text/event-stream")
    handler.send_header("content-encoding", "gzip")
    handler.send_header("content-length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


def drip(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("content-type", "text/event-stream")
    handler.end_headers()
    for _ in range(100):
        handler.wfile.write(b": still here\n\n")
        handler.wfile.flush()
        time.sleep(0.05)


@pytest.mark.allow_hosts(["127.0.0.1"])
async def test_guarantee_langchains_cache_keeps_no_note_and_answers_no_case(peers: Callable[..., Peer]) -> None:
    """It is one for the whole process: the record would say that a question left which another case had asked."""
    kept = InMemoryCache()
    set_llm_cache(kept)
    try:
        assert ScriptedChatModel(default="a").invoke(f"note of {SECRET}").text == "a"
        peer = peers(reply(200, completion("ACS")))
        for _ in range(2):
            assert (await ask(peer.spec))[0] is Outcome.ANSWERED
        assert len(peer.arrived) == 2
        assert not kept._cache
        FakeListChatModel(responses=["a"]).invoke(SECRET)
        assert SECRET in str(kept._cache), "a plain model's prompt is kept: the test can fail"
    finally:
        set_llm_cache(None)


@pytest.mark.allow_hosts(["127.0.0.1"])
async def test_a_compressed_answer_is_not_unpacked(peers: Callable[..., Peer]) -> None:
    outcome, _ = await ask(peers(bomb).spec)
    assert outcome is Outcome.NONSENSE


@pytest.mark.allow_hosts(["127.0.0.1"])
@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
def test_an_answer_that_drips_ends_in_the_time_that_was_set(peers: Callable[..., Peer], is_async: bool) -> None:
    import httpx

    peer = peers(drip)
    url = f"http://127.0.0.1:{peer.server_address[1]}/v1"
    if is_async:
        assert asyncio.run(ask(peer.spec, timeout=0.3))[0] is Outcome.TIMED_OUT
        return
    with client(0.3) as http, pytest.raises(httpx.ReadTimeout):
        http.post(url, json={})


async def test_so_many_calls_go_to_one_server_at_once_and_no_more() -> None:
    class Far(ScriptedChatModel):
        @property
        def host(self) -> str:
            return "far.example"

    now, most = 0, 0

    async def call() -> None:
        nonlocal now, most
        async with on_the_clock(Far(), 5):
            now += 1
            most = max(most, now)
            await asyncio.sleep(0.01)
            now -= 1

    await asyncio.gather(*(call() for _ in range(50)))
    assert most == MOST_AT_ONCE


def test_the_cap_holds_over_threads_with_loops_of_their_own() -> None:
    class Far(ScriptedChatModel):
        @property
        def host(self) -> str:
            return "threads.example"

    now, most, lock = 0, 0, threading.Lock()

    async def call() -> None:
        nonlocal now, most
        async with on_the_clock(Far(), 5):
            with lock:
                now += 1
                most = max(most, now)
            await asyncio.sleep(0.02)
            with lock:
                now -= 1

    async def several() -> None:
        await asyncio.gather(*(call() for _ in range(10)))

    threads = [threading.Thread(target=lambda: asyncio.run(several())) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert most <= MOST_AT_ONCE


# --- tracers


class Watcher(BaseCallbackHandler):
    """A tracer that the environment switches on, as those of Weights & Biases or Comet are."""

    seen: list[str]

    def __init__(self) -> None:
        self.seen = WATCHED

    def on_chat_model_start(self, serialized: Any, messages: Any, **kwargs: Any) -> None:
        self.seen.append(str(messages))

    def on_chain_start(self, serialized: Any, inputs: Any, **kwargs: Any) -> None:
        self.seen.append(str(inputs))


WATCHED: list[str] = []
_VARIABLE: ContextVar[Watcher | None] = ContextVar("watcher", default=None)


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What a tracer saw that TEST_WATCHER switches on."""
    hooks = [*tracers._configure_hooks, (_VARIABLE, True, Watcher, "TEST_WATCHER")]
    monkeypatch.setattr(tracers, "_configure_hooks", hooks)
    monkeypatch.setattr("bedside.tracing.configure_hooks", hooks)
    monkeypatch.setenv("TEST_WATCHER", "true")
    WATCHED.clear()
    return WATCHED


class Answer(BaseModel):
    word: str = ""


ASK: dict[str, Callable[[], Any]] = {
    "invoke": lambda: ScriptedChatModel(default="x").invoke(SECRET),
    "ainvoke": lambda: asyncio.run(ScriptedChatModel(default="x").ainvoke(SECRET)),
    "stream": lambda: list(ScriptedChatModel(default="x").stream(SECRET)),
    "batch": lambda: ScriptedChatModel(default="x").batch([SECRET, SECRET]),
    "structured": lambda: ScriptedChatModel(default="{}").with_structured_output(Answer).invoke(SECRET),
    "structured by a room": lambda: asyncio.run(
        structured(ScriptedChatModel(default='{"word": "x"}'), SECRET, Answer, timeout=5)
    ),
    "detector": lambda: ModelDetector(ScriptedChatModel(default='{"identifiers": []}')).detect(SECRET),
    "graph": lambda: Trial().run(Trial().graph()),
}


@pytest.mark.parametrize("way", ASK)
def test_guarantee_no_tracer_of_the_environment_sees_what_a_model_is_asked(way: str, watched: list[str]) -> None:
    ASK[way]()
    assert watched == []


def test_plain_langchain_shows_it(watched: list[str]) -> None:
    FakeListChatModel(responses=["x"]).invoke(SECRET)
    assert SECRET in str(watched)


@pytest.mark.parametrize("way", ASK)
def test_an_instrumentation_that_nobody_named_is_refused(way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """As OpenTelemetry's instrumentations do, it adds itself to every manager of callbacks that is made."""
    WATCHED.clear()
    plain = BaseCallbackManager.__init__

    def instrumented(self: BaseCallbackManager, *arguments: Any, **options: Any) -> None:
        plain(self, *arguments, **options)
        self.add_handler(Watcher(), True)

    monkeypatch.setattr(BaseCallbackManager, "__init__", instrumented)
    with pytest.raises(PrivacyFlowError, match="no config names"):
        ASK[way]()
    assert not [one for one in WATCHED if SECRET in one]


def test_a_handler_that_the_caller_names_is_the_callers() -> None:
    WATCHED.clear()
    ScriptedChatModel(default="x").invoke("hello", {"callbacks": [Watcher()]})
    assert "hello" in str(WATCHED)


async def test_events_of_a_chain_around_a_graph_are_not_for_a_remote_audience() -> None:
    trial = Trial()
    app: Any = trial.graph().compile(prompts=PROMPTS)
    bound = app.bind(context=trial.bench.services, audience=REMOTE, stream_mode="values")
    chain = RunnableLambda(lambda case: {"case": case}) | bound
    seen: list[Any] = []

    async def watch() -> None:
        async for event in chain.astream_events(trial.bench.case, version="v2"):
            seen.append(event)

    with pytest.raises(PrivacyFlowError, match="remote audience"):
        await watch()
    assert SECRET not in str(seen)
