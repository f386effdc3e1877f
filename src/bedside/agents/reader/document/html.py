"""Opens HTML: the text that a browser shows, by lxml, and its tables as rows."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import etree, html

from bedside.agents.reader.document.blocks import block_lines
from bedside.errors import InputError
from bedside.persistence import NotOpened, Opened, text_of

__all__ = ["open_file", "recognises"]

_START = re.compile(
    rb"\A(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html)\b", re.I | re.S
)
_CHARSET = re.compile(rb"<meta[^>]*charset", re.IGNORECASE)
_DECLARATION = re.compile(r"\A\s*<\?xml[^>]*>")


def recognises(data: bytes, suffix: str) -> bool:
    """True if it begins as a page does, or is named as one and has tags."""
    return _START.match(data[:2_000]) is not None or (
        suffix in (".html", ".htm", ".xhtml") and re.search(rb"<\w+[^>]*>", data) is not None
    )


def open_file(data: bytes, suffix: str) -> Iterator[Opened | NotOpened]:
    """The one case of a page."""
    source: bytes | str = data if _CHARSET.search(data[:4_000]) else _DECLARATION.sub("", text_of(data))
    try:
        root = html.document_fromstring(source, parser=html.HTMLParser(no_network=True, remove_comments=True))
        lines = block_lines(root)
    except (etree.LxmlError, ValueError, RecursionError) as error:
        raise InputError(f"is HTML that cannot be read ({type(error).__name__}); save it as plain text") from None
    yield Opened("", "\n".join(lines) + "\n")
