"""The query `RemoteSearch.ask`, the only way in which a query leaves for a search engine."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Awaitable, Callable, Sequence

from bedside.boundary import Egress, Outcome, PromptRegistry, RemoteText, SealedText
from bedside.errors import BedsideError, EndpointError, SealError
from bedside.models.engines import RecordedEngine, SearchEngine, search_engine
from bedside.models.gate import Gate
from bedside.models.sources import Sources, listed
from bedside.models.test_mode import guard_real_call
from bedside.records import Hit

__all__ = ["RemoteSearch", "WebSearch"]

ASKED_FOR = 20
"""The hits requested from an engine; few of them are from an allowed source."""

MOST_HITS = 5
"""The hits of a query that are kept."""

MOST_REMEMBERED = 1_000
"""The queries whose hits are remembered."""

PAUSE = 2.0
"""The seconds between two queries of a process: an engine rejects anyone who asks faster than a person."""

_LOG = logging.getLogger(__name__)


class WebSearch:
    """A search engine behind an allow-list, with a cache and a pace. All cases of a process share it.

    What it remembers is in memory alone: released queries and the pages found, nothing of a case.

    Args:
        engine: The search engine.
        sources: The sources whose pages may be shown.
        clock: Seconds that only grow.
        sleep: Waits for seconds.
    """

    def __init__(
        self,
        engine: SearchEngine,
        sources: Sources | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._engine = engine
        self._sources = Sources.of() if sources is None else sources
        self._clock, self._sleep = clock, sleep
        self._lock = threading.Lock()
        self._next = float("-inf")
        self._found: dict[str, str] = {}

    @classmethod
    def of(cls, spec: str, sources: Sources, *, timeout: float) -> WebSearch:
        """Return the search of a spec string.

        Raises:
            EndpointError: No installed engine has this name, or a file of recorded hits cannot be used.
            MissingExtraError: The engine's package is not installed.
        """
        return cls(search_engine(spec, timeout=timeout), sources)

    @property
    def destination(self) -> str:
        """The destination for which queries are sealed."""
        return f"search:{self._engine.name}"

    def remembered(self, query: str) -> str | None:
        """Return the earlier result of this query, as `find` gave it, or `None`."""
        with self._lock:
            return self._found.get(query)

    async def wait(self) -> None:
        """Wait until the next query may be sent."""
        with self._lock:
            now = self._clock()
            at = max(now, self._next)
            self._next = at + PAUSE
        if at > now:
            await self._sleep(at - now)

    async def find(self, query: str) -> str:
        """Ask the engine, and list the hits of allowed sources; the list may be empty.

        Raises:
            Exception: Whatever the engine raises, see `SearchEngine`.
        """
        if not isinstance(self._engine, RecordedEngine):
            guard_real_call("a search engine")
        text = listed(self._allowed(await self._engine.search(query, ASKED_FOR)))
        with self._lock:
            self._found[query] = text
            if len(self._found) > MOST_REMEMBERED:
                del self._found[next(iter(self._found))]
        return text

    def _allowed(self, hits: Sequence[Hit]) -> list[Hit]:
        first: dict[str, Hit] = {}
        for hit in hits:
            if self._sources.allow(hit.url):
                first.setdefault(hit.url, hit)
        return list(first.values())[:MOST_HITS]


class RemoteSearch:
    """A search engine, bound to one case. Remote nodes find it in `runtime.context.search`.

    What goes in is a sealed query, what comes out is a `RemoteText` with numbered hits. Whatever goes wrong at the
    engine is an outcome of it, never an exception that aborts the case.

    Args:
        gate: The gate of the case and this destination.
        search: The search, or `None`: then queries are rendered and recorded as not sent.
        prompts: The templates, frozen when the graph was compiled.
        timeout: Seconds for one query.
    """

    def __init__(self, gate: Gate, *, search: WebSearch | None, prompts: PromptRegistry, timeout: float) -> None:
        self._gate = gate
        self._search = search
        self._prompts = prompts
        self._timeout = timeout

    async def ask(self, query: SealedText) -> RemoteText:
        """Send one query and return the hits of allowed sources.

        The query is verified again, here, immediately before it is sent: it must be sealed for this case and this
        destination. What the process remembers of the same words is given without asking again: then nothing
        leaves, and nothing is recorded as having left.
        """
        try:
            text = self._render(query)
        except SealError:
            return self._gate.mint(Outcome.NOT_SEALED, query.id if isinstance(query, SealedText) else "")
        # What was remembered is given to the cases whose guard would let the words out.
        if await asyncio.to_thread(self._gate.refuses, text):
            return self._gate.mint(Outcome.GUARDED, query.id)
        if self._search is not None:
            if (known := self._search.remembered(text)) is not None:
                return self._found(query, known)
            await self._search.wait()
        entered = await self._gate.enter(self._egress(query, text), [query])
        if isinstance(entered, Outcome):
            return self._gate.mint(entered, query.id)
        outcome, hits = await self._ask(text)
        await self._gate.settle(entered, outcome)
        return self._gate.mint(outcome, query.id, hits)

    async def _ask(self, text: str) -> tuple[Outcome, str]:
        """Return the outcome of the search, and the hits."""
        assert self._search is not None, "without one the gate holds everything"
        try:
            async with asyncio.timeout(self._timeout):
                hits = await self._search.find(text)
        except Exception as error:  # an engine's own exceptions may quote the query: only their kind is kept
            if isinstance(error, BedsideError):
                _LOG.warning("%s", error)
            return _outcome_of(error), ""
        return (Outcome.ANSWERED if hits else Outcome.EMPTY), hits

    def _render(self, query: SealedText) -> str:
        if not isinstance(query, SealedText):
            raise SealError(f"a query is a plain {type(query).__name__}")
        self._gate.key.verify(query)
        if query.destination != self._gate.destination:
            raise SealError("the text was sealed for another destination")
        template = self._prompts.get(query.template)
        if template is None or template.fields != {"facts"}:
            raise SealError("the query does not fit any frozen template")
        return " ".join(template.fill({"facts": query.text}).split())

    def _egress(self, query: SealedText, text: str) -> Egress:
        return Egress(
            question=query.id,
            destination=self._gate.destination,
            template=query.template,
            template_sha256=self._prompts[query.template].sha256,
            text=text,
            left=self._search is not None,
        )

    def _found(self, query: SealedText, text: str) -> RemoteText:
        return self._gate.mint(Outcome.ANSWERED if text else Outcome.EMPTY, query.id, text)


def _outcome_of(error: Exception) -> Outcome:
    match error:
        case TimeoutError():
            return Outcome.TIMED_OUT
        case ConnectionRefusedError():
            return Outcome.UNREACHABLE
        case OSError():
            return Outcome.BROKEN_OFF
        case EndpointError():
            return Outcome.REJECTED
    return Outcome.NONSENSE
