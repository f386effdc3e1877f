"""LangChain's own standard tests on every chat model of Bedside.

The unit tests run anywhere. The integration tests run on the scripted model anywhere, and on the others with small
open weights: `python scripts/weights.py .weights smollm2-135m`, then `BEDSIDE_WEIGHTS=.weights`. Left out are

- tools: these models call none, and `bind_tools` says so;
- images: the standard test fetches one from the internet. `test_hf.py` and `test_http.py` show images.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, ClassVar

import pytest
from langchain_core.language_models import BaseChatModel
from langchain_tests.integration_tests import ChatModelIntegrationTests
from langchain_tests.unit_tests import ChatModelUnitTests

from bedside.errors import AnswerError
from bedside.models import ScriptedChatModel
from bedside.models.backends.gguf import ChatGGUF
from bedside.models.backends.hf import ChatTransformers
from bedside.models.backends.openai import ChatServer
from bedside.models.profiles import profile_for

WEIGHTS = Path(os.environ.get("BEDSIDE_WEIGHTS", "")) / "smollm2-135m.gguf"
JOKE = '{"setup": "Why did the cat sit on the chart?", "punchline": "To be on file."}'
SCRIPT = (("joke", JOKE), (".", "Good morning, how are you?"))

needs_weights = [
    pytest.mark.slow,
    pytest.mark.allow_hosts(["127.0.0.1"]),
    pytest.mark.skipif(not WEIGHTS.is_file(), reason="no weights: set BEDSIDE_WEIGHTS (scripts/weights.py)"),
]


class Traits:
    """What holds for all of them."""

    kind: ClassVar[type[BaseChatModel]]

    @property
    def chat_model_class(self) -> type[BaseChatModel]:
        return self.kind

    @property
    def has_tool_calling(self) -> bool:
        return False

    @property
    def has_structured_output(self) -> bool:
        return True

    @property
    def supports_image_inputs(self) -> bool:
        return False


class Unit(Traits, ChatModelUnitTests):
    """The unit tests."""

    pytestmark = pytest.mark.benchmark(min_rounds=1, max_time=0.01)  # nothing here is asserted on seconds


class TestScriptedUnit(Unit):
    kind = ScriptedChatModel


class TestServerUnit(Unit):
    kind = ChatServer


class TestGGUFUnit(Unit):
    kind = ChatGGUF


class TestTransformersUnit(Unit):
    kind = ChatTransformers
    folder: ClassVar[str]

    @pytest.fixture(scope="class", autouse=True)
    @classmethod
    def _folder(cls, tiny_medgemma_folder: Path) -> None:
        cls.folder = str(tiny_medgemma_folder)

    @property
    def chat_model_params(self) -> dict[str, Any]:
        return {"model": self.folder, "family": profile_for("medgemma"), "device": "cpu"}


class Integration(Traits, ChatModelIntegrationTests):
    """The integration tests."""

    @property
    def standard_chat_model_params(self) -> dict[str, Any]:
        return {**super().standard_chat_model_params, "max_tokens": 200}


class Again:
    """Asks with another seed where a reply is cut off or loops.

    That is an error here and no message, the standard tests want a message, and a model this small tells a joke
    without end.
    """

    def _generate(self, *given: Any, **options: Any) -> Any:
        for settings in SETTINGS:
            with suppress(AnswerError):
                return super()._generate(*given, **options, **settings)  # type: ignore[misc]
        raise AssertionError("no reply comes to an end")

    async def _agenerate(self, *given: Any, **options: Any) -> Any:
        for settings in SETTINGS:
            with suppress(AnswerError):
                return await super()._agenerate(*given, **options, **settings)  # type: ignore[misc]
        raise AssertionError("no reply comes to an end")


SETTINGS: list[dict[str, Any]] = [{}, *({"temperature": 0.8, "top_p": 0.9, "seed": seed} for seed in range(12))]


class GGUF(Again, ChatGGUF):
    pass


class Server(Again, ChatServer):
    pass


class Transformers(Again, ChatTransformers):
    pass


class TestScripted(Integration):
    kind = ScriptedChatModel

    @property
    def chat_model_params(self) -> dict[str, Any]:
        return {"table": SCRIPT}


class TestGGUF(Integration):
    pytestmark = needs_weights
    kind = GGUF

    @property
    def chat_model_params(self) -> dict[str, Any]:
        return {"model": str(WEIGHTS), "threads": 1, "context": 2048}


class TestServer(Integration):
    pytestmark = needs_weights
    kind = Server
    address: ClassVar[str]

    @pytest.fixture(scope="class", autouse=True)
    @classmethod
    def _server(cls) -> Iterator[None]:
        import xllamacpp

        params = xllamacpp.CommonParams()
        params.model.path = str(WEIGHTS)
        params.verbosity = -1
        params.n_ctx, params.n_parallel = 2048, 1
        params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
        server = xllamacpp.Server(params)
        cls.address = f"{server.listening_address}/v1"
        yield
        del server

    @property
    def chat_model_params(self) -> dict[str, Any]:
        return {"base_url": self.address, "model": "smollm2"}


class TestTransformers(Integration):
    pytestmark = needs_weights
    kind = Transformers
    folder: ClassVar[str]

    @pytest.fixture(scope="class", autouse=True)
    @classmethod
    def _folder(cls, tmp_path_factory: pytest.TempPathFactory) -> None:
        cls.folder = str(_converted(WEIGHTS, tmp_path_factory.mktemp("smollm2")))

    @property
    def chat_model_params(self) -> dict[str, Any]:
        return {"model": self.folder, "device": "cpu"}


def _converted(file: Path, folder: Path) -> Path:
    """A GGUF file as a folder of transformers. What it reads from one it refuses to write, so the weights move."""
    import torch
    import transformers

    torch.set_num_threads(1)
    where = {"pretrained_model_name_or_path": file.parent, "gguf_file": file.name}
    read = transformers.AutoModelForCausalLM.from_pretrained(**where)
    config = read.config
    if hasattr(config, "quantization_config"):
        del config.quantization_config
    made = type(read)(config)
    made.load_state_dict(read.state_dict())
    made.save_pretrained(folder)
    transformers.AutoTokenizer.from_pretrained(**where).save_pretrained(folder)
    return folder
