"""Serve a GGUF file as an OpenAI-compatible server on this machine, with xllamacpp. For tests and benchmarks.

    python scripts/serve.py MODEL.gguf [PORT] [CONTEXT]

Prints the base URL when it is ready and runs until it is stopped.
"""

from __future__ import annotations

import sys
import time

import xllamacpp


def serve(path: str, port: int, context: int) -> xllamacpp.Server:
    """Start a server; `server.listening_address` is its base URL."""
    params = xllamacpp.CommonParams()
    params.model.path = path
    params.hostnames = ["127.0.0.1"]
    params.port = port
    params.n_ctx = context
    params.n_parallel = 1
    # Two threads beside any busy neighbour are ten times slower than one.
    params.cpuparams.n_threads = 1
    params.cpuparams_batch.n_threads = 1
    return xllamacpp.Server(params)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        raise SystemExit(__doc__)
    port, context = (int(number) for number in (*sys.argv[2:4], *("8765", "8192")[len(sys.argv) - 2 :]))
    server = serve(sys.argv[1], port, context)
    print(server.listening_address, flush=True)
    while True:
        time.sleep(3600)
