"""One code system in an SQLite file with a full-text index, and the search in it.

The file is built once, under another name, and renamed when it is complete: two processes that build it at the same
time do the work twice and disturb nobody. It is opened read-only.
"""

from __future__ import annotations

import os
import re
import sqlite3
import sys
import tempfile
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bedside.boundary import SealedText
from bedside.errors import InputError
from bedside.tools.terminology.phrases import normalize, tokenize
from bedside.tools.terminology.protocol import Expansion, Hit, Lookup, Translation, Validation, Verdict

__all__ = ["CodeIndex", "Entry", "cache_folder"]

SCHEMA = 1
"""The layout version in the name of a cached file: a file of an older layout is not opened."""

# What adds nothing to a name ("Asthma NOS" is asthma) and so is no difference to what was asked for.
_EMPTY = re.compile(r"\bNOS\b|\bunspecified\b|\([^)]*\)|\bnot otherwise specified\b", re.I)
_SYNONYM, _HEADING = 0.98, 0.9
# A match of words alone never scores as high as a match of the whole name; at this weight of bm25 it has half.
_PARTIAL, _HALF = 0.9, 8.0


@dataclass(frozen=True, slots=True)
class Entry:
    """One code with all its names.

    Attributes:
        code: The code.
        display: Its official words.
        names: Its other official names.
        synonyms: Names that others use: a lay name, an abbreviation.
        billable: Whether it may be used as it is; a heading is found too, and ranks lower.
    """

    code: str
    display: str
    names: tuple[str, ...] = ()
    synonyms: tuple[str, ...] = ()
    billable: bool = True


def cache_folder() -> Path:
    """Return the folder of the indexes: `BEDSIDE_CACHE`, or `bedside` in the platform's folder for caches."""
    if chosen := os.environ.get("BEDSIDE_CACHE"):
        return Path(chosen)
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "bedside" / "cache"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "bedside"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "bedside"


class CodeIndex:
    """A complete code system: a code that is not in it does not exist.

    Args:
        path: A file that `build` made.
        system: The FHIR system URI.
        version: The version of the code system.

    Raises:
        InputError: The file is missing or no index.
    """

    def __init__(self, path: Path, *, system: str, version: str | None) -> None:
        self.system = system
        self.version = version
        self._path = path
        self._local = threading.local()
        try:
            self._rows("SELECT code FROM entry LIMIT 1")
        except sqlite3.Error:
            raise InputError(f"{path} is no index of codes; delete it, and it is built again") from None

    @staticmethod
    def build(path: Path, entries: Iterable[Entry]) -> None:
        """Write the index of these entries to `path`.

        Raises:
            InputError: The folder cannot be written to.
        """
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(prefix=path.name, dir=path.parent)
        except OSError as error:
            raise InputError(
                f"{path.parent} cannot be written to ({error.strerror}); set BEDSIDE_CACHE to a folder that can"
            ) from None
        os.close(handle)
        try:
            _write(Path(name), entries)
            os.replace(name, path)
        finally:
            Path(name).unlink(missing_ok=True)

    def lookup(self, system: str, code: str) -> Lookup:
        """Look up a code, as in `Terminology`."""
        if system != self.system:
            return Lookup(Verdict.UNKNOWN, why="another code system")
        rows = self._rows("SELECT code, display FROM entry WHERE code = ?", code)
        if not rows:
            return Lookup(Verdict.NO, why="no such code in this version")
        return Lookup(Verdict.YES, self._hit(rows[0][0], rows[0][1], 1.0))

    def validate_code(self, system: str, code: str, display: str | None = None) -> Validation:
        """Validate a code and its display, as in `Terminology`."""
        found = self.lookup(system, code)
        if found.hit is None or display is None:
            return Validation(found.verdict, found.hit.display if found.hit else None, found.why)
        names = self._rows("SELECT DISTINCT form FROM name WHERE code = ?", code)
        right = (_form(display),) in names
        why = "" if right else "the display is none of the code's names"
        return Validation(Verdict.YES if right else Verdict.NO, found.hit.display, why)

    def expand(
        self,
        text: str | SealedText | None = None,
        *,
        system: str | None = None,
        value_set: str | None = None,
        count: int = 10,
    ) -> Expansion:
        """Search by words, as in `Terminology`. Nothing leaves this machine."""
        if text is None or value_set is not None or system not in (None, self.system):
            return Expansion(Verdict.UNKNOWN, why="this index answers searches in its own code system only")
        asked = _form(text.text if isinstance(text, SealedText) else text)
        words = asked.split()[:40]
        hits = self._exact(asked)
        for joined in (" AND ", " OR ") if words else ():
            if len(hits) < count:
                self._partial(words, joined, hits, count)
        best = sorted(hits.values(), key=lambda hit: (-hit.score, len(hit.code), hit.code))[:count]
        return Expansion(Verdict.YES if best else Verdict.NO, tuple(best))

    def translate(self, system: str, code: str, target: str) -> Translation:
        """Return `UNKNOWN`, in the form of `Terminology`: this index holds no map."""
        return Translation(Verdict.UNKNOWN, why="no map is installed")

    def _exact(self, asked: str) -> dict[str, Hit]:
        rows = self._rows(
            "SELECT e.code, e.display, e.billable, MIN(n.synonym) FROM name n JOIN entry e USING (code)"
            " WHERE n.form = ? GROUP BY e.code",
            asked,
        )
        return {
            code: self._hit(code, display, (_SYNONYM if synonym else 1.0) * (1.0 if billable else _HEADING))
            for code, display, billable, synonym in rows
        }

    def _partial(self, words: list[str], joined: str, hits: dict[str, Hit], count: int) -> None:
        query = joined.join(f'"{word}"' for word in words)
        rows = self._rows(
            "SELECT e.code, e.display, e.billable, n.form, bm25(search) FROM search"
            " JOIN name n ON n.rowid = search.rowid JOIN entry e USING (code)"
            " WHERE search MATCH ? ORDER BY bm25(search) LIMIT ?",
            query,
            count * 8,
        )
        for code, display, billable, form, weight in rows:
            share = len(set(words) & set(form.split())) / len(set(words) | set(form.split()))
            score = _PARTIAL * -weight / (_HALF - weight) * share**0.5 * (1.0 if billable else _HEADING)
            if code not in hits or hits[code].score < score:
                hits[code] = self._hit(code, display, round(max(score, 0.0), 4))

    def _hit(self, code: str, display: str, score: float) -> Hit:
        return Hit(self.system, code, display, self.version, score)

    def _rows(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        # One connection a thread: SQLite's are not shared.
        if not hasattr(self._local, "connection"):
            uri = f"{self._path.resolve().as_uri()}?mode=ro&immutable=1"
            self._local.connection = sqlite3.connect(uri, uri=True)
        connection: sqlite3.Connection = self._local.connection
        return connection.execute(statement, values).fetchall()


def _write(path: Path, entries: Iterable[Entry]) -> None:
    connection = sqlite3.connect(path)
    try:
        connection.executescript(
            "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;"
            "CREATE TABLE entry (code TEXT PRIMARY KEY, display TEXT, billable INTEGER) WITHOUT ROWID;"
            "CREATE TABLE name (rowid INTEGER PRIMARY KEY, code TEXT, form TEXT, synonym INTEGER);"
            "CREATE VIRTUAL TABLE search USING fts5(form, content='name', content_rowid='rowid');"
        )
        with connection:
            for entry in entries:
                connection.execute(
                    "INSERT OR REPLACE INTO entry VALUES (?, ?, ?)", (entry.code, entry.display, entry.billable)
                )
                # What is an official name too counts as one.
                forms = {_form(name): 1 for name in entry.synonyms}
                forms |= {_form(name): 0 for name in (entry.display, *entry.names)}
                connection.executemany(
                    "INSERT INTO name (code, form, synonym) VALUES (?, ?, ?)",
                    ((entry.code, form, synonym) for form, synonym in forms.items() if form),
                )
            connection.execute("INSERT INTO search (search) VALUES ('rebuild')")
            connection.execute("CREATE INDEX name_form ON name (form)")
            connection.execute("CREATE INDEX name_code ON name (code)")
    finally:
        connection.close()


def _form(name: str) -> str:
    """Return the words of a name in the form for comparison: one for number, spelling, case and accents."""
    words = [normalize(token.text) for token in tokenize(_EMPTY.sub(" ", name))]
    return " ".join(words) or " ".join(normalize(token.text) for token in tokenize(name))
