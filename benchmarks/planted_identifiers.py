"""Do planted identifiers arrive at a real OpenAI-compatible server?

    python benchmarks/planted_identifiers.py DATA_FOLDER MODEL.gguf

Plants 200 synthetic identifiers in the 124 ACI-BENCH and PriMock57 notes and runs `triage` over them with a model
served on this machine, behind a proxy that keeps every byte that arrives. Then it looks for each planted value in
those bytes, letter case, spacing and punctuation aside.

The baseline in the same run is stock Presidio (its default recognizers and the same language model) over the
same notes: how many planted values would arrive if its output were sent.
"""

from __future__ import annotations

import asyncio
import dataclasses
import random
import sys
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import xllamacpp
from corpora import aci_bench, primock57

from bedside.boundary import Boundary, Vocabulary
from bedside.boundary.detectors import PresidioDetector
from bedside.boundary.detectors.presidio import model_folder
from bedside.flow import Services
from bedside.graphs.triage import build
from bedside.models import Endpoint
from bedside.persistence import Document, MemoryCaseStore

PLANTED = 200
ANSWER_TOKENS = 48
FIRST = ("Chidi", "Zebulon", "Anneliese", "Tomasz", "Oluwaseun", "Marguerite", "Dmitri", "Rosalind", "Rose", "Will")
LAST = ("Okonkwo", "Featherstonehaugh", "Núñez", "Kowalczyk", "Abernathy", "Brown", "White", "Quillfeather", "May")
TOWNS = ("Alderfield", "Larchhaven", "Brumavale", "Thistledale", "Cobalt-Glen")


def identifier(chance: random.Random) -> tuple[str, str, str]:
    """A kind, a sentence, and the value in it that must not arrive. Synthetic throughout."""
    name = f"{chance.choice(FIRST)} {chance.choice(LAST)}"
    digits = f"{chance.randrange(10**8):08}"
    date = f"{chance.randrange(1, 13):02}/{chance.randrange(1, 29):02}/{chance.randrange(1931, 2026)}"
    mail = f"{name.split()[0].lower()}.{digits[:3]}@example.org"
    return chance.choice(
        [
            ("name in header", f"Patient: {name}.", name),
            ("name in prose", f"{name} came with a relative.", name),
            ("relative", f"Her daughter {name} was called.", name),
            ("clinician", f"Seen before by Dr. {name}.", name),
            ("record number", f"MRN {digits[:2]}-{digits[2:4]}-{digits[4:6]}.", digits[:6]),
            ("phone", f"Reachable on 555-01{digits[:2]}-{digits[2:6]}.", f"01{digits[:6]}"),
            ("e-mail", f"Writes from {mail}.", mail),
            ("birth date", f"DOB {date}.", date),
            ("visit date", f"Last seen on {date}.", date),
            ("address", f"Lives at {digits[:4]} Elm Street, {chance.choice(TOWNS)}.", f"{digits[:4]} Elm Street"),
            ("hospital", f"Transferred from {chance.choice(TOWNS)} General Hospital.", "General Hospital"),
            ("insurance", f"Insurance member ID HX-{digits}.", digits),
            ("SSN", f"SSN 000-{digits[:2]}-{digits[2:6]}.", digits[:6]),
        ]
    )


def planted_notes(data: Path) -> list[tuple[str, str, list[tuple[str, str]]]]:
    """Each note with its identifiers set between its lines, and what was planted in it."""
    chance = random.Random(20261124)
    corpora = [*aci_bench(data), *primock57(data)]
    notes = [(name, text.splitlines(), list[tuple[str, str]]()) for name, text in corpora]
    for number in range(PLANTED):
        _, lines, planted = notes[number % len(notes)]
        kind, sentence, value = identifier(chance)
        lines.insert(chance.randrange(len(lines) + 1), sentence)
        planted.append((kind, value))
    return [(name, "\n".join(lines), planted) for name, lines, planted in notes]


class Recorder(ThreadingHTTPServer):
    """Passes each request on to the model's server and keeps its bytes."""

    daemon_threads = True

    def __init__(self, target: str) -> None:
        self.arrived: list[bytes] = []
        recorder = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                recorder.arrived.append(f"{self.requestline}\n{self.headers}".encode() + body)
                request = urllib.request.Request(target + self.path, body, {"content-type": "application/json"})
                with urllib.request.urlopen(request) as response:
                    answer = response.read()
                self.send_response(200)
                self.send_header("content-type", "application/json")
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, format: str, *args: Any) -> None:
                pass

        super().__init__(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()


def squeeze(text: str) -> str:
    return "".join(character for character in text.casefold() if character.isalnum())


def stock_presidio(notes: list[tuple[str, str, list[tuple[str, str]]]]) -> Iterator[str]:
    """What stock Presidio leaves of each note."""
    from presidio_analyzer import AnalyzerEngine
    from presidio_analyzer.nlp_engine import SpacyNlpEngine

    nlp = SpacyNlpEngine(models=[{"lang_code": "en", "model_name": str(model_folder())}])
    engine = AnalyzerEngine(nlp_engine=nlp, supported_languages=["en"])
    for _, text, _ in notes:
        hidden = list(text)
        for found in engine.analyze(text, language="en"):
            hidden[found.start : found.end] = " " * (found.end - found.start)
        yield "".join(hidden)


async def main(data: Path, model: Path) -> None:
    params = xllamacpp.CommonParams()
    params.model.path = str(model)
    params.verbosity = -1
    params.n_ctx, params.n_parallel = 8192, 1
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
    server = xllamacpp.Server(params)
    recorder = Recorder(server.listening_address)
    endpoint = Endpoint.parse(f"openai:http://127.0.0.1:{recorder.server_address[1]}/v1#{model.stem}")
    cases = MemoryCaseStore()
    services = Services(
        cases=cases,
        boundary=Boundary(cases, [PresidioDetector()], Vocabulary.installed()),
        remote_endpoint=dataclasses.replace(endpoint, max_tokens=ANSWER_TOKENS),
        timeout=300,
    )
    app = build().compile()
    notes = planted_notes(data)
    leaked, asked, outcomes = Counter[str](), [], Counter[str]()
    started = time.perf_counter()
    for name, text, planted in notes:
        first = len(recorder.arrived)
        case = cases.open([Document(name, text)])
        output = await app.ainvoke({"case": case}, context=services)
        cases.delete(case)
        arrived = squeeze(b"".join(recorder.arrived[first:]).decode())
        leaked.update(kind for kind, value in planted if squeeze(value) in arrived)
        asked.append(len(recorder.arrived) - first)
        outcomes.update(one.outcome for one in output["result"].advice)
    seconds = time.perf_counter() - started
    stock = Counter[str]()
    for (_, _, planted), left in zip(notes, stock_presidio(notes), strict=True):
        stock.update(kind for kind, value in planted if squeeze(value) in squeeze(left))
    print(f"model: {model.name}, {ANSWER_TOKENS} tokens an answer; {seconds:.0f} s in all")
    print(f"notes: {len(notes)}; at least two questions arrived: {sum(n >= 2 for n in asked) / len(notes):.1%}")
    print(f"questions that arrived: {sum(asked)}; outcomes: {dict(outcomes)}")
    print(f"planted values: {PLANTED}; arrived: {leaked.total()} {dict(leaked)}")
    print(f"the same values in what stock Presidio leaves: {stock.total()} {dict(stock)}")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        raise SystemExit(__doc__)
    asyncio.run(main(Path(sys.argv[1]), Path(sys.argv[2])))
