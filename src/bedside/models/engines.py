"""The mapping from a spec string to a search engine.

recorded:HITS.json   hits from a file, for tests and demonstrations
NAME                 an engine that an installed package brings (entry points `bedside.search_engines`)
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol, Self

from pydantic import TypeAdapter, ValidationError

from bedside.errors import EndpointError, safe_name
from bedside.plugins import installed, load
from bedside.records import Hit

__all__ = ["ENGINES", "RecordedEngine", "SearchEngine", "search_engine"]

ENGINES = "bedside.search_engines"
"""The group of entry points. Each is a function of a time-out in seconds that returns a `SearchEngine`."""

RECORDED = "recorded"
_FORM = '{"QUERY": [{"title": …, "url": …, "snippet": …}]}'
_FILE = TypeAdapter(dict[str, tuple[Hit, ...]])


class SearchEngine(Protocol):
    """A search engine.

    Attributes:
        name: The name in seals and the audit trail: `duckduckgo`.
    """

    @property
    def name(self) -> str: ...

    async def search(self, query: str, limit: int) -> Sequence[Hit]:
        """Return the first hits of a query, as the engine gives them; the allow-list applies later.

        Raises:
            TimeoutError: No answer in time.
            OSError: The engine cannot be reached.
            EndpointError: It turned the query away.
        """
        ...


class RecordedEngine:
    """A search engine that replays recorded hits.

    Args:
        hits: The hits of each query, word for word.
        file: The file of the hits, for messages.
    """

    name = RECORDED

    def __init__(self, hits: Mapping[str, Sequence[Hit]], file: Path | None = None) -> None:
        self._hits, self._file = dict(hits), file

    @classmethod
    def from_file(cls, path: Path) -> Self:
        """Read a JSON file: an object of queries, each with its hits.

        Raises:
            EndpointError: The file is missing or of another form.
        """
        try:
            return cls(_FILE.validate_json(path.read_bytes()), path)
        except (OSError, ValidationError) as error:
            raise EndpointError(
                f"recorded hits {path}: {type(error).__name__}; the file must be a JSON object {_FORM}"
            ) from None

    async def search(self, query: str, limit: int) -> Sequence[Hit]:
        """Return the recorded hits.

        Raises:
            EndpointError: The query was not recorded. It is named by the hash that the audit trail has for it.
        """
        if query not in self._hits:
            handle = hashlib.sha256(query.encode()).hexdigest()
            where = self._file or "in memory"
            raise EndpointError(
                f"recorded hits {where}: none for a query of {len(query)} characters, SHA-256 {handle[:16]}…; "
                "add it as the page shows it"
            )
        return self._hits[query][:limit]


def search_engine(spec: str, *, timeout: float) -> SearchEngine:
    """Build the search engine of a spec string.

    Args:
        timeout: Seconds for one query.

    Raises:
        EndpointError: No installed engine has this name, or a file of recorded hits cannot be used.
        MissingExtraError: The engine's package is not installed.
    """
    name, colon, rest = spec.partition(":")
    if name == RECORDED and rest:
        return RecordedEngine.from_file(Path(rest))
    engines = {point.name: point for point in installed(ENGINES)}
    if colon or name not in engines:
        known = ", ".join([*engines, f"{RECORDED}:FILE"])
        raise EndpointError(f"there is no search engine {safe_name(name)}; --search takes one of {known}")
    build: Callable[[float], SearchEngine] = load(engines[name])
    return build(timeout)
