"""Opens RTF: the text that a word processor shows, by striprtf, and its tables as rows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby

from striprtf.striprtf import rtf_to_text

from bedside.agents.reader.document.fields import Fields
from bedside.agents.reader.document.tables import table_lines
from bedside.errors import InputError
from bedside.persistence import NotOpened, Opened

__all__ = ["open_file", "recognises"]

_DELETED = re.compile(r"\{\\(?:\*\\)?(?:deleted|v|strike)\b(?!\d)[^{}]*\}")
"""Runs that are struck out in a tracked change, or hidden: nobody sees them."""
_WHO = re.compile(r"\{\\(?:author|operator|manager)\s+([^{}\\]{2,80})\}")


def recognises(data: bytes, suffix: str) -> bool:
    """True if it begins as RTF does."""
    return data.lstrip(b"\xef\xbb\xbf \t\r\n")[:5] == b"{\\rtf"


def open_file(data: bytes, suffix: str) -> Iterator[Opened | NotOpened]:
    """The one case of a document."""
    source = data.decode("latin-1").lstrip("ï»¿ \t\r\n")
    if source.count("{") - source.count("\\{") > source.count("}") - source.count("\\}"):
        raise InputError("is RTF that breaks off before its end; export it again")
    fields = Fields()
    for found in _WHO.finditer(source):
        fields.person(found[1].strip())
    try:
        text = str(rtf_to_text(_DELETED.sub("", source), errors="replace"))  # type: ignore[no-untyped-call]
    except (ValueError, LookupError, RecursionError) as error:
        raise InputError(f"is RTF that cannot be read ({type(error).__name__}); save it as plain text") from None
    lines: list[str] = []
    for is_row, found_lines in groupby(text.splitlines(), key=lambda line: line.rstrip().endswith("|")):
        if is_row:
            lines += table_lines([line.rstrip().rstrip("|").split("|") for line in found_lines], headed=False)
        else:
            lines += [line.rstrip() for line in found_lines]
    yield Opened("", "\n".join(lines).strip("\n") + "\n", fields.known)
