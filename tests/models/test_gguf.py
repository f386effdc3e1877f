"""`gguf:` what is told of a file before it is loaded; with weights, that no port is open and a lock is freed."""

from __future__ import annotations

import asyncio
import base64
import io
import json
import os
import stat
import struct
import threading
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

import pytest
from langchain_core.messages import HumanMessage
from pydantic import BaseModel, ConfigDict, Field

from bedside.errors import ContextOverflowError, EndpointError, InputError, ModelError
from bedside.models import Endpoint, Sight
from bedside.models.backends.gguf import ChatGGUF, check_files, scores_of
from bedside.models.profiles import profile_for
from bedside.models.reply import Piece
from bedside.testing import check_model
from tests.tiny import tiny_mmproj

WEIGHTS = Path(os.environ.get("BEDSIDE_WEIGHTS", "")) / "smollm2-135m.gguf"


def text(value: str) -> bytes:
    return struct.pack("<Q", len(value.encode())) + value.encode()


def head(*keys: str, pairs: Mapping[str, str] = MappingProxyType({})) -> bytes:
    """The beginning of a GGUF file of version 3 with these keys or pairs among others, and no weights."""
    said = [
        text(key) + struct.pack("<I", 8) + text(value)
        for key, value in {**dict.fromkeys(keys, "x"), **pairs}.items()
    ]
    others = [
        text("general.file_type") + struct.pack("<II", 4, 15),
        text("a.flag") + struct.pack("<I?", 7, True),
        text("tokenizer.ggml.tokens") + struct.pack("<IIQ", 9, 8, 2) + text("general.name") + text("é"),
        text("tokenizer.ggml.scores") + struct.pack("<IIQ", 9, 6, 2) + bytes(8),
    ]
    # Some of them before: what is wanted is found behind values of any kind.
    every = [*others[:2], *said[:1], *others[2:], *said[1:]]
    return b"GGUF" + struct.pack("<IQQ", 3, 0, len(every)) + b"".join(every)


@pytest.mark.parametrize(
    ("name", "says", "family"),
    [
        ("medgemma-4b.gguf", {"general.architecture": "gemma3"}, "medgemma"),
        ("ggml-model.gguf", {"general.architecture": "gemma3", "general.name": "Medgemma 4b It"}, "medgemma"),
        ("ggml-model.gguf", {"general.basename": "medgemma", "general.architecture": "gemma3"}, "medgemma"),
        ("ggml-model.gguf", {"general.architecture": "gemma3", "general.name": "Mg15"}, "gemma3"),
        ("ggml-model.gguf", {"general.name": "Mine", "general.architecture": "gemma2"}, "txgemma"),
        ("ggml-model.gguf", {"general.architecture": "qwen3", "general.name": "Qwen3 4B"}, "generic"),
        ("medgemma.gguf", None, "medgemma"),
    ],
)
def test_a_file_is_told_by_its_name_and_what_it_says_of_itself_and_by_no_folder_above(
    tmp_path: Path, name: str, says: dict[str, str] | None, family: str
) -> None:
    folder = tmp_path / "medgemma-project"
    folder.mkdir()
    if says is not None:
        (folder / name).write_bytes(head("tokenizer.chat_template", pairs=says))
        ChatGGUF(model=str(folder / name)).check()
    assert Endpoint.parse(f"gguf:{folder / name}").profile.name == family


WHOLE = head("tokenizer.chat_template", "general.architecture")


@pytest.mark.parametrize(
    "content",
    [
        *(WHOLE[:length] for length in range(4, len(WHOLE))),
        b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + struct.pack("<Q", 1 << 63),
        b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + text("a") + struct.pack("<IIQ", 9, 6, 1 << 63),
        b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + text("a") + struct.pack("<IIQ", 9, 9, 1),
        b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + text("a") + struct.pack("<I", 99),
    ],
)
def test_a_head_that_is_not_whole_is_an_error_and_no_reading_without_end(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "model.gguf"
    path.write_bytes(content)
    with pytest.raises(EndpointError, match=r"not whole|base model"):
        check_files(str(path))
    assert Endpoint.parse(f"gguf:{path}").profile.name == "generic"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "cannot be read: No such file"),
        (b"", "no GGUF file"),
        (b"GG", "no GGUF file"),
        (b"\x80\x02}q\x00", "no GGUF file"),
        (b"version https://git-lfs.github.com/spec/v1\n", "no GGUF file"),
        (head("general.architecture"), "base model"),
    ],
)
def test_a_file_that_is_no_chat_model_is_told_before_it_is_loaded(
    tmp_path: Path, content: bytes | None, says: str
) -> None:
    path = tmp_path / "model.gguf"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(EndpointError, match=says) as raised:
        check_files(str(path))
    assert str(path) in str(raised.value)


def test_without_its_vision_part_a_gguf_model_refuses_images(tmp_path: Path) -> None:
    path, family = tmp_path / "model.gguf", profile_for("medgemma")
    path.write_bytes(head("tokenizer.chat_template"))
    ChatGGUF(model=str(path)).check()
    with pytest.raises(EndpointError, match=r"the mmproj .*none\.gguf cannot be read"):
        ChatGGUF(model=str(path), mmproj=str(tmp_path / "none.gguf")).check()
    assert not ChatGGUF(model="m.gguf", family=family).sees
    assert ChatGGUF(model="m.gguf", mmproj="p.gguf", family=family).sees


@pytest.mark.parametrize("content", [head("tokenizer.chat_template"), head("tokenizer.chat_template")[:-3]])
def test_a_file_that_is_not_whole_is_an_error_and_no_crash(tmp_path: Path, content: bytes) -> None:
    pytest.importorskip("xllamacpp")
    path = tmp_path / "model.gguf"
    path.write_bytes(content + b"tokenizer.chat_template")
    with pytest.raises(EndpointError, match="cannot be loaded"):
        ChatGGUF(model=str(path), threads=1).invoke("x")


@pytest.mark.parametrize(
    ("candidates", "expected"),
    [
        ([], None),
        ([("C", -0.1)], None),
        ([("A", -1.0), ("B", -2.0)], [-1.0, -2.0]),
        ([("A", -1.0), ("C", -9.0)], [-1.0, -9.0]),
        ([(" A", -1.0), ("A", -1.0), ("B", -2.0)], [-0.30685281944005466, -2.0]),
    ],
)
def test_options_are_scored_among_the_candidates(
    candidates: list[tuple[str, float]], expected: list[float] | None
) -> None:
    found = scores_of(["A", "B"], candidates)
    assert found == (pytest.approx(expected) if expected else None)


class Urgency(BaseModel):
    model_config = ConfigDict(extra="forbid")
    level: int = Field(ge=1, le=5)
    status: Literal["present", "absent"]
    words: list[Literal["a", "é"]] = Field(max_length=2)


@pytest.fixture(scope="module")
def model() -> ChatGGUF:
    return ChatGGUF(model=str(WEIGHTS), threads=1, context=512, max_tokens=60)


def listening() -> int:
    """How many TCP ports this process listens on."""
    own = {os.readlink(one) for one in Path("/proc/self/fd").iterdir() if one.is_symlink() and one.exists()}
    rows = [
        line.split() for table in ("tcp", "tcp6") for line in Path(f"/proc/net/{table}").read_text().splitlines()
    ]
    return sum(row[3] == "0A" and f"socket:[{row[9]}]" in own for row in rows)


@pytest.mark.slow
@pytest.mark.skipif(not WEIGHTS.is_file(), reason="no weights: set BEDSIDE_WEIGHTS (scripts/weights.py)")
class TestWithWeights:
    def test_no_port_is_opened_and_only_this_user_enters_its_folder(self, model: ChatGGUF) -> None:
        before = listening()
        folder = Path(model.load().folder.name)
        assert listening() == before
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert [one.name for one in folder.iterdir()] == ["llama.sock"]

    def test_a_stream_that_is_left_frees_the_model(self, model: ChatGGUF) -> None:
        stream = model.stream("Tell me of the heart.")
        next(stream)
        stream.close()  # type: ignore[attr-defined]
        assert model.load().lock.acquire(timeout=30)
        model.load().lock.release()

    def test_a_long_prompt_can_be_left_while_it_is_read(self) -> None:
        model = ChatGGUF(model=str(WEIGHTS), threads=1, context=2048, max_tokens=9)
        request = model._request([HumanMessage("Tell me of the heart. " * 280)], None, {})
        # Each piece is a moment at which the reader may have left.
        assert list(model._pieces(request)).count(Piece()) > 2

    async def test_a_call_that_times_out_frees_the_model(self, model: ChatGGUF) -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await model.ainvoke("Tell me of the heart.", max_tokens=450)
        assert await asyncio.to_thread(model.load().lock.acquire, timeout=30)
        model.load().lock.release()

    def test_two_threads_get_a_reply_each(self, model: ChatGGUF) -> None:
        found: list[Any] = []
        threads = [
            threading.Thread(target=lambda: found.append(model.with_structured_output(Urgency).invoke("?")))
            for _ in range(2)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [type(one) for one in found] == [Urgency, Urgency]

    def test_what_is_decoded_under_a_schema_has_one_form(self, model: ChatGGUF) -> None:
        chain = model.with_structured_output(Urgency, include_raw=True)
        for prompt in ("?", "chest pain", '{"level" :\n\n1}'):
            text = chain.invoke(prompt)["raw"].text
            assert text == json.dumps(json.loads(text), ensure_ascii=False)

    def test_a_schema_that_cannot_be_kept_to_is_an_error_before_the_model_is_asked(self, model: ChatGGUF) -> None:
        """llama.cpp itself passes over what it does not know, without a word."""
        schema = {"title": "q", "type": "object", "properties": {"a": {"type": "zebulon"}}, "required": ["a"]}
        with pytest.raises(ModelError, match="llguidance does not know") as raised:
            model.with_structured_output(schema).invoke("?", max_tokens=400)
        assert "zebulon" not in str(raised.value)

    def test_a_prompt_that_does_not_fit_and_an_image_are_refused(self, model: ChatGGUF) -> None:
        with pytest.raises(ContextOverflowError, match="context of 512") as raised:
            model.invoke("Zebulon " * 800)
        assert "Zebulon" not in str(raised.value)
        with pytest.raises(InputError, match="mmproj"):
            model.invoke([HumanMessage([{"type": "image", "base64": "AAAA", "mime_type": "image/png"}])])

    def test_usage_and_scores_are_told(self, model: ChatGGUF) -> None:
        usage = model.invoke("Say yes.", stop=["."]).usage_metadata
        assert usage
        assert usage["total_tokens"] == usage["input_tokens"] + usage["output_tokens"]
        scores = model.score([HumanMessage("Answer A or B.")], ["A", "B"])
        assert scores
        assert all(score < 0 for score in scores)

    def test_what_prompts_begin_with_is_read_once(self, model: ChatGGUF) -> None:
        asked = "Read this part of a note and write what it says. " * 6
        for last in ("cough", "fever"):
            usage = model.invoke(asked + last, stop=["."]).usage_metadata
        assert usage
        assert usage["input_token_details"]["cache_read"] > 20


@pytest.mark.slow
@pytest.mark.skipif(not WEIGHTS.is_file(), reason="no weights: set BEDSIDE_WEIGHTS (scripts/weights.py)")
class TestWithEyes:
    """SmolLM2 with a vision part of Gemma 3's kind: real language, random eyes."""

    @pytest.fixture
    def seeing(self, tmp_path_factory: pytest.TempPathFactory) -> ChatGGUF:
        eyes = tiny_mmproj(tmp_path_factory.mktemp("eyes") / "mmproj.gguf", width=576)
        return ChatGGUF(model=str(WEIGHTS), mmproj=str(eyes), threads=1, context=2048, max_tokens=40)

    def test_it_is_held_to_what_the_kit_asks_and_an_image_reaches_it(self, seeing: ChatGGUF) -> None:
        report = check_model(seeing)
        assert (report.sight, report.constrained, report.valid) == (Sight.SEES, True, 1.0)

    def test_what_it_says_hangs_on_the_image_and_on_nothing_before(self, seeing: ChatGGUF) -> None:
        def scores(*colours: str) -> list[float] | None:
            shown: list[str | dict[Any, Any]] = [
                *(picture(colour) for colour in colours),
                {"type": "text", "text": "A or B?"},
            ]
            return seeing.score([HumanMessage(shown)], ["A", "B"])

        red, white, both, again = scores("red"), scores("white"), scores("red", "white"), scores("red")
        assert red == again
        assert len({str(one) for one in (red, white, both)}) == 3

    def test_an_image_that_cannot_be_read_is_an_error(self, seeing: ChatGGUF) -> None:
        broken: dict[Any, Any] = {"type": "image", "base64": "AAAA", "mime_type": "image/png"}
        with pytest.raises(ModelError, match="turned the request away"):
            seeing.invoke([HumanMessage([broken, {"type": "text", "text": "?"}])])

    def test_eyes_of_another_model_are_told(self, tmp_path: Path) -> None:
        eyes = tiny_mmproj(tmp_path / "mmproj.gguf", width=640)
        with pytest.raises(EndpointError, match="cannot be loaded"):
            ChatGGUF(model=str(WEIGHTS), mmproj=str(eyes), threads=1, context=512).load()


def picture(colour: str) -> dict[Any, Any]:
    import PIL.Image

    file = io.BytesIO()
    PIL.Image.new("RGB", (40, 30), colour).save(file, "PNG")
    return {"type": "image", "base64": base64.b64encode(file.getvalue()).decode(), "mime_type": "image/png"}
