"""Shared doubles. All clinical text in the tests is synthetic unless its source is named."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import settings

from bedside.boundary import Boundary, Detection, Draft, Heading, Identifier, Narrative, Vocabulary
from bedside.boundary.drafts import Coded
from bedside.flow import Services
from bedside.models import Endpoint
from bedside.persistence import Document, MemoryCaseStore
from bedside.records import CaseId
from tests import tiny
from tests.places import PostgresPlace, PostgresServer, SqlitePlace, StorePlace

# The same examples in each run, so that a run says something about the change it is run on. To look further:
# HYPOTHESIS_PROFILE=random.
settings.register_profile("same", derandomize=True)
settings.register_profile("random", derandomize=False)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))


@pytest.fixture(scope="session", autouse=True)
def _cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Indexes of codes are built in a folder of the test run, not in the developer's."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BEDSIDE_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


SECRET = "Zebulon"  # synthetic: the patient's name in every note of the flow tests


@dataclass
class NameDetector:
    """Finds the one name of the flow tests; the real detectors have tests of their own."""

    name: str = "test-name"

    def detect(self, text: str) -> Sequence[Detection]:
        start = text.find(SECRET)
        if start < 0:
            return []
        return [Detection(start, start + len(SECRET), Identifier.PERSON, 1.0, self.name, "the known name")]


class Bench:
    """A case store, a boundary and services over them, with one open case."""

    def __init__(self, consult: Endpoint | None = None) -> None:
        self.cases = MemoryCaseStore()
        vocabulary = Vocabulary(["chest pain", "hypertension"], words=["text", "present", "reports", "patient"])
        self.boundary = Boundary(self.cases, [NameDetector()], vocabulary)
        self.services = Services(cases=self.cases, boundary=self.boundary, remote_endpoint=consult)
        self.case = self.open()

    def open(self) -> CaseId:
        return self.cases.open([Document("note", f"{SECRET} reports chest pain.")])

    def draft(self, display: str = "chest pain", template: str = "test/ask") -> Draft:
        return Draft(template=template, slots=(Coded(heading=Heading.PRESENT, display=display),))

    def narrative(self, text: str) -> Draft:
        return Draft(template="test/ask", slots=(Narrative(text=text),))


@pytest.fixture
def bench() -> Bench:
    return Bench()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """A PostgreSQL server for the whole session; tests that need one are skipped where none is installed."""
    server = PostgresServer.start()
    if isinstance(server, str):
        pytest.skip(server)
    yield server
    server.stop()


@pytest.fixture
def postgres(postgres_server: PostgresServer) -> PostgresPlace:
    """A new PostgreSQL database."""
    return postgres_server.place()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.slow)])
def where(request: pytest.FixtureRequest, tmp_path: Path) -> StorePlace:
    """Where a sealed store lies: each test that asks for it runs over both databases."""
    if request.param == "sqlite":
        return SqlitePlace(tmp_path)
    place: PostgresPlace = request.getfixturevalue("postgres")
    return place


@pytest.fixture(scope="session")
def tiny_medgemma_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model folder of MedGemma's shape with random weights (`tests/tiny.py`), and so for the three below."""
    return _written(tiny.tiny_medgemma, tmp_path_factory)


@pytest.fixture(scope="session")
def tiny_gemma3_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _written(tiny.tiny_gemma3, tmp_path_factory)


@pytest.fixture(scope="session")
def tiny_gemma2_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _written(tiny.tiny_gemma2, tmp_path_factory)


@pytest.fixture(scope="session")
def tiny_siglip_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _written(tiny.tiny_siglip, tmp_path_factory)


def _written(write: Callable[[Path], Path], places: pytest.TempPathFactory) -> Path:
    for package in ("torch", "transformers", "PIL"):
        pytest.importorskip(package, reason=f"{package} is not installed: pip install 'bedside[hf]'")
    import torch

    torch.set_num_threads(1)  # Two threads beside a busy neighbour are ten times slower than one.
    return write(places.mktemp(write.__name__))
