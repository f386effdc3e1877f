"""What several files of this room share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler

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
