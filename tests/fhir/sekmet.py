"""Starts a real FHIR server: sekmet, over SQLite."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def running(folder: Path, named: str = "") -> Iterator[str]:
    """Run a server with its data in a folder and yield its base URL.

    Args:
        folder: An empty folder.
        named: The base URL by which it names itself, where another server is before it.
    """
    port = free_port()
    url = f"http://127.0.0.1:{port}/fhir"
    (folder / "settings.yaml").write_text(f"base_url: {named or url}\nsimulator: {{enabled: false}}\n")
    command = [str(Path(sys.executable).parent / "sekmet"), "serve", "--host", "127.0.0.1", "--port", str(port)]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)
        try:
            _wait(port, process)
            yield url
        finally:
            process.terminate()
            process.wait(10)


def free_port() -> int:
    """Return a port that nobody listens to."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def _wait(port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(300):
        assert process.poll() is None, "the server ended"
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.1)
    raise AssertionError("the server did not start")
