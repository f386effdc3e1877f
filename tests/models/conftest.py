"""What several files of this room share."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from tests.models.test_http import Peer


@pytest.fixture
def peers() -> Iterator[Callable[..., Peer]]:
    """Opens servers on this machine that behave as they are told, and closes them."""
    opened: list[Peer] = []

    def start(behave: Callable[[BaseHTTPRequestHandler], None]) -> Peer:
        opened.append(Peer(behave))
        return opened[-1]

    yield start
    for peer in opened:
        peer.shutdown()
        peer.server_close()


@pytest.fixture(scope="session")
def smollm2_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """SmolLM2 for transformers, from its GGUF file: dequantised, so that it can be saved."""
    file = Path(os.environ.get("BEDSIDE_WEIGHTS", "")) / "smollm2-135m.gguf"
    if not file.is_file():
        pytest.skip("no weights: set BEDSIDE_WEIGHTS (scripts/weights.py)")
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    torch.set_num_threads(1)
    found = AutoModelForCausalLM.from_pretrained(file.parent, gguf_file=file.name, dtype=torch.float32)
    del found.config.quantization_config
    plain = type(found)(found.config).to(torch.float32)
    plain.load_state_dict(found.state_dict())
    plain.generation_config = found.generation_config
    folder = tmp_path_factory.mktemp("smollm2")
    plain.save_pretrained(folder)
    AutoTokenizer.from_pretrained(file.parent, gguf_file=file.name).save_pretrained(folder)
    return folder
