"""What a command works with: stores, boundary, endpoints, and a case from its opening to its result."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command
from rich.console import Console

from bedside.boundary import Boundary, PromptRegistry, Vocabulary
from bedside.boundary.detectors import PresidioDetector
from bedside.cli.done import Done
from bedside.cli.graphs import load_graph
from bedside.cli.interview import STOP
from bedside.cli.notes import Note
from bedside.cli.review import Stopped, ask_person
from bedside.cli.settings import BUILTIN, OFF, Settings
from bedside.errors import EndpointError, InputError, PersistenceError
from bedside.flow import CodeSources, CompiledClinicalGraph, Services
from bedside.flow.services import Reader
from bedside.models import Endpoint, Sources, WebSearch
from bedside.models.ear import Ear
from bedside.models.endpoints import MODEL_KEY, is_loopback
from bedside.persistence import (
    CaseStore,
    KeyFile,
    KeyHolder,
    MemoryCaseStore,
    PostgresCaseStore,
    SealedCaseStore,
    SealedPostgresSaver,
    SealedSaver,
    SealedSqliteSaver,
    SqliteCaseStore,
    StoreKey,
    key_file_of,
    new_key_file,
    serializer,
)
from bedside.records import CaseId

__all__ = [
    "Options",
    "Waiting",
    "Workplace",
    "default_key_file",
    "open_store",
    "openers",
    "options_of",
    "own_key_file",
]


@dataclass(frozen=True, slots=True)
class Options:
    """What a user asked for, by flag, environment or settings file.

    Attributes:
        search: Spec of the search engine, or `None`: then queries are composed and listed.
        search_sources: Hosts whose pages it may show, as `Sources.of` reads them.
        store: Folder or PostgreSQL URL of the sealed store, or `None`: then cases live in memory.
        key_file: The store's key.
        prompts: Folder of prompt templates that override the installed ones.
        codes: Where the codes of drugs and allergens are looked up.
        ear: Which second ear listens: "builtin", "off" or the file of one.
        identifier_system: System of the identifiers in bundles; empty for Bedside's own.
        review: Whether a person is asked.
        review_by_flag: Whether that was said for this very run, and not for all runs in the settings.
        reviewer: How Provenance names that person.
    """

    consult: str | None = None
    search: str | None = None
    search_sources: tuple[str, ...] = ("default",)
    model: str | None = None
    reader: Reader = "builtin+model"
    inside: tuple[str, ...] = ()
    timeout: float = 60.0
    most_questions: int = 5
    most_tokens: int = 100_000
    store: Path | str | None = None
    key_file: Path | None = None
    prompts: Path | None = None
    codes: CodeSources = field(default_factory=CodeSources)
    ear: str | Path = BUILTIN
    identifier_system: str = ""
    review: bool = False
    review_by_flag: bool = False
    reviewer: str = ""


def options_of(settings: Settings, reviewer: str) -> Options:
    """The options that settings amount to."""
    return Options(
        consult=settings.consult,
        search=settings.search,
        search_sources=settings.search_sources,
        model=settings.model,
        reader=settings.reader,
        inside=tuple(settings.inside),
        timeout=settings.timeout,
        most_questions=settings.most_questions,
        most_tokens=settings.most_tokens,
        store=settings.store,
        key_file=settings.key_file,
        prompts=settings.prompts,
        codes=CodeSources(
            settings.rxnorm, settings.snomed, settings.terminology_server, tuple(sorted(settings.inside))
        ),
        ear=settings.ear,
        identifier_system=settings.identifier_system,
        review=settings.review,
        review_by_flag=settings.sources.get("review") == "--review",
        reviewer=reviewer or getpass.getuser(),
    )


def _ear(chosen: str | Path) -> Ear | None:
    if chosen == OFF:
        return None
    return Ear.installed() if chosen == BUILTIN else Ear.load(Path(chosen))


def _checked(codes: CodeSources) -> CodeSources:
    """The sources of codes, if they can be asked: a missing file is an error now, and no note later."""
    for key, path in [("rxnorm", codes.rxnorm), *(("snomed", one) for one in codes.snomed)]:
        if path is not None and not path.is_file():
            raise InputError(f"{key}: {path} is no file; docs/terminology.md says which one it is")
    host = urlsplit(codes.server or "").hostname or ""
    if codes.server and not is_loopback(host) and host not in codes.inside:
        raise EndpointError(
            f"{host} would be asked for the codes of a case's drugs but is not declared inside; "
            f"if it is your own machine, add: --inside {host}"
        )
    return codes


class Waiting(InputError):
    """A case waits for a person; it is kept, and nothing of it was lost."""


def default_key_file() -> Path:
    """Where the key is kept when nobody says otherwise: not beside the store, which may be copied as a whole."""
    return Path.home() / ".config" / "bedside" / "store.key"


def open_store(store: Path | str, key_file: Path | None) -> tuple[SealedCaseStore, SealedSaver]:
    """Open the sealed store in a folder or a PostgreSQL database, making key and tables where they do not exist.

    Raises:
        MissingExtraError: psycopg is not installed.
        PersistenceError: The key or a database cannot be used, or the change of the key was not finished.
        InputError: A folder cannot be made.
    """
    if isinstance(store, Path):
        _make(store)
    key_file = key_file or own_key_file(store)
    if new_key_file(key_file).exists():
        raise PersistenceError(
            "the key of this store is being changed, or that was interrupted; finish it with: bedside rotate-key"
        )
    _make(key_file.parent)
    open_cases, open_saver = openers(store)
    key = KeyFile(key_file)
    return open_cases(key), open_saver(key)


def own_key_file(store: Path | str) -> Path:
    """The key file of a store for which nobody named one: of the first the default, of each other one of its own.

    Raises:
        PersistenceError: None of the files there has the key of this store, or it cannot be asked.
    """
    return key_file_of(address_of(store), default_key_file())


def address_of(store: Path | str) -> str:
    """The file or URL in which the cases of a store are."""
    return store if isinstance(store, str) else str((store / "cases.db").absolute())


def openers(
    store: Path | str,
) -> tuple[Callable[[StoreKey | KeyHolder], SealedCaseStore], Callable[[StoreKey | KeyHolder], SealedSaver]]:
    """What opens the two parts of the store in a folder or a PostgreSQL database with a key."""
    if isinstance(store, str):
        return partial(PostgresCaseStore, store), partial(SealedPostgresSaver, store)
    return partial(SqliteCaseStore, store / "cases.db"), partial(SealedSqliteSaver, store / "checkpoints.db")


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise InputError(f"cannot make {error.filename}: {error.strerror}; choose another --store") from None


class Workplace:
    """Services over one store, and the way of a case through a graph.

    Args:
        options: What the user asked for.
        console: Where people are asked.
        read: Gives the next line that somebody types or says; the terminal's by default.

    Raises:
        BedsideError: An endpoint, the key or the store cannot be used.
    """

    def __init__(self, options: Options, console: Console, read: Callable[[str], str] | None = None) -> None:
        self._options, self._console, self._read = options, console, read
        self.cases: CaseStore
        self.saver: BaseCheckpointSaver[Any]
        if options.store is not None:
            self.cases, self.saver = open_store(options.store, options.key_file)
        else:
            self.cases, self.saver = MemoryCaseStore(), InMemorySaver(serde=serializer())
        # A missing package, table or file is an error now, and no note later.
        consult = Endpoint.parse(options.consult).declared(options.inside) if options.consult else None
        if consult:
            consult.chat_model(timeout=options.timeout).check()
        sources = Sources.of(options.search_sources)
        search = WebSearch.of(options.search, sources, timeout=options.timeout) if options.search else None
        model = Endpoint.parse(options.model, key_variable=MODEL_KEY) if options.model else None
        if model is not None:
            model.require_inside(options.inside)
        if options.reader == "model" and model is None:
            raise InputError("reader is model and there is none; name one with --model, such as gguf:FILE.gguf")
        self._reader = f"{model.title}{_place_of(model)}" if model else ""
        local = model.chat_model(timeout=options.timeout) if model else None
        if local is not None:
            local.check()
        self.services = Services(
            cases=self.cases,
            boundary=Boundary(self.cases, [PresidioDetector()], Vocabulary.installed()),
            consult=consult,
            search=search,
            model=local,
            model_name=model.title if model else "",
            reader=options.reader,
            timeout=options.timeout,
            most_questions=options.most_questions,
            most_tokens=options.most_tokens,
            review=options.review,
            codes=_checked(options.codes),
            ear=_ear(options.ear),
            identifier_system=options.identifier_system,
        )

    @property
    def keeps(self) -> bool:
        """Whether cases outlive this process."""
        return self._options.store is not None

    def graph(self, name: str) -> CompiledClinicalGraph:
        """Load and compile a graph with this place's saver."""
        return load_graph(name, self.saver, PromptRegistry.installed(self._options.prompts))

    async def start(self, app: CompiledClinicalGraph, graph: str, note: Note) -> Done:
        """Open a case for a note and take it to its result.

        Args:
            app: The compiled graph.
            graph: Its name.
            note: A note without text is none: the case begins empty, or with images alone.

        Raises:
            Waiting: A person must answer first, and will later.
        """
        case = self.cases.open([*note.documents, *note.images])
        try:
            output = await self._go(app, case, graph, {"case": case})
            return self._done(case, note.id, output)
        finally:
            if not self.keeps:
                self.cases.delete(case)
                self.saver.delete_thread(case)

    async def resume(self, case: CaseId, graph: str) -> Done:
        """Take a waiting case on.

        Raises:
            InputError: Nothing waits there.
            Waiting: It still waits.
        """
        app = self.graph(graph)
        state = await app.aget_state(self._config(case, graph))
        if not state.next:
            raise InputError(f"case {case} does not wait for anything")
        waiting = [one.value for one in state.interrupts]
        step: Command[Any] | None = Command(resume=self._answer(case, waiting[0])) if waiting else None
        output = await self._go(app, case, graph, step)
        return self._done(case, next(iter(self.cases.documents(case)), graph), output)

    def graph_of(self, case: CaseId) -> str:
        """The graph that a kept case runs in.

        Raises:
            CaseError: The case is unknown.
            InputError: No step of it was ever kept.
        """
        self.cases.documents(case)
        standing = self.saver.standing(case) if isinstance(self.saver, SealedSaver) else None
        graph = standing.metadata.get("graph") if standing else None
        if not isinstance(graph, str):
            raise InputError(f"case {case} has no kept step; start it again from its note")
        return graph

    def _done(self, case: CaseId, name: str, output: dict[str, Any]) -> Done:
        return Done(self._note(case, name), output, self.cases.egress(case), self._reader)

    def _note(self, case: CaseId, name: str) -> Note:
        """The documents of a case as a note of this name; the first is its text."""
        first, *others = [Note(one, text) for one, text in self.cases.documents(case).items()] or [Note(name, "")]
        return Note(name, first.text, tuple(others))

    async def _go(self, app: CompiledClinicalGraph, case: CaseId, graph: str, step: Any) -> dict[str, Any]:
        output: dict[str, Any] = await app.ainvoke(step, self._config(case, graph), context=self.services)
        while waiting := output.get("__interrupt__"):
            answer: Command[Any] = Command(resume=self._answer(case, waiting[0].value))
            output = await app.ainvoke(answer, self._config(case, graph), context=self.services)
        return output

    def _config(self, case: CaseId, graph: str) -> RunnableConfig:
        return {"configurable": {"thread_id": case}, "metadata": {"graph": graph}}

    def _answer(self, case: CaseId, request: Any) -> Any:
        try:
            read = self._read or _reader()
            return ask_person(self._console, request, self._options.reviewer, read).model_dump(mode="json")
        except Stopped:
            if not self.keeps:
                if request.get("kind") == "patient":
                    return STOP.model_dump(mode="json")
                raise InputError("a review that goes on later needs --store FOLDER; this case is gone") from None
            raise Waiting(f"case {case} waits for a person; go on with: bedside review {case}") from None


def _place_of(model: Endpoint) -> str:
    """Where a model runs, where that is not this process: what it reads goes there."""
    return f" at {model.origin}, outside this process" if model.scheme == "openai" else ""


def _reader() -> Callable[[str], str]:
    """Asks at the terminal; where nobody sits, the answer is: later. Lines of a pipe count as typed."""
    if sys.stdin is None or sys.stdin.closed:
        return _later
    return input if sys.stdin.isatty() else _echoed


def _echoed(prompt: str) -> str:
    line = input(prompt)
    print(line)
    return line


def _later(_: str) -> str:
    raise EOFError
