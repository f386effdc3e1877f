"""The text of HTML and of a C-CDA narrative as a person sees it: headings, paragraphs, list items, rows of
tables."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Any

from bedside.agents.reader.document.tables import table_lines

__all__ = ["block_lines", "local", "words_of"]

_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6", "title", "caption", "legend"})
_BLOCKS = frozenset(
    """
        p div section article header footer main body html form fieldset dl ul ol list paragraph text blockquote pre
        address aside figure center nav renderMultiMedia table td
    """.split()  # noqa: SIM905
)
_UNSEEN = frozenset(
    {"script", "style", "head", "template", "noscript", "svg", "object", "iframe", "del", "s", "strike"}
)
_BLANKS = re.compile(r"[ \t\r\n\f\xa0]+")
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)


def local(element: Any) -> str:
    """The name of an element without its namespace; empty for comments and instructions."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def words_of(element: Any) -> str:
    """All text in an element on one line; a line break is a blank."""
    return " ".join(part for part in _BLANKS.sub(" ", " ".join(_texts(element))).split(" ") if part)


def _texts(element: Any) -> Iterator[str]:
    if _is_unseen(element):
        return
    inline = local(element) not in _BLOCKS and local(element) not in ("br", "li", "item", "td", "th")
    parts: list[str] = [element.text or ""]
    for child in element:
        inside = "".join(_texts(child)) if not _is_unseen(child) else ""
        parts += [inside, child.tail or ""]
    whole = "".join(parts)
    yield whole if inline else f" {whole} "


def _is_unseen(element: Any) -> bool:
    name = local(element)
    if not name or name in _UNSEEN:
        return True
    return element.get("hidden") is not None or _HIDDEN.search(element.get("style") or "") is not None


def block_lines(element: Any, *, without: Collection[str] = (), title: str = "") -> list[str]:
    """The lines of an element.

    Args:
        without: Names and ids that are told elsewhere: a row or list item that holds one is left out.
        title: What stands above it.
    """
    walk = _Walk({one.casefold() for one in without}, title)
    walk.into(element)
    walk.close()
    lines = walk.lines
    while lines and not lines[-1]:
        lines.pop()
    return lines


class _Walk:
    """Goes through a tree once and collects lines."""

    def __init__(self, without: Collection[str], title: str) -> None:
        self.lines: list[str] = []
        self._open: list[str] = []
        self._mark = ""
        self._without, self._title = without, title

    def close(self) -> None:
        """End the line that is being written."""
        line = _BLANKS.sub(" ", "".join(self._open)).strip()
        self._open = []
        if line:
            self.lines.append(self._mark + line)
        self._mark = ""

    def gap(self) -> None:
        """A blank line, where none is."""
        self.close()
        if self.lines and self.lines[-1]:
            self.lines.append("")

    def into(self, element: Any) -> None:
        """All that an element holds."""
        name = local(element)
        if _is_unseen(element):
            return
        if name == "br":
            self.close()
        elif name == "pre":
            self.gap()
            self.lines += [line.rstrip() for line in "".join(element.itertext()).splitlines()]
        elif name in _HEADINGS:
            self.gap()
            self._title = words_of(element)
            self.lines += [self._title] if self._title else []
        elif name in ("li", "item"):
            self._item(element)
        elif name in ("dt", "dd"):
            self._term(element, name)
        elif name == "table":
            self._table(element)
        elif name in _BLOCKS:
            self._block(element, blank=name in ("p", "paragraph", "blockquote"))
        else:
            self._inside(element)

    def _inside(self, element: Any) -> None:
        self._open.append(element.text or "")
        for child in element:
            self.into(child)
            self._open.append(child.tail or "")

    def _block(self, element: Any, *, blank: bool) -> None:
        if blank:
            self.gap()
        self.close()
        self._inside(element)
        self.close()
        if blank:
            self.gap()

    def _item(self, element: Any) -> None:
        self.close()
        if self._is_told(element):
            return
        self._mark = "- "
        self._inside(element)
        self.close()

    def _term(self, element: Any, name: str) -> None:
        """Return a term and its description, as a label and its value."""
        if name == "dt":
            self.close()
            self._open.append(words_of(element).rstrip(":") + ": ")
        else:
            self._inside(element)
            self.close()

    def _table(self, table: Any) -> None:
        self.gap()
        for caption in (one for one in table if local(one) == "caption"):
            self.into(caption)
        found = [one for one in table.iter() if local(one) == "tr" and _nearest(one, "table") is table]
        cells = [[one for one in row if local(one) in ("td", "th")] for row in found]
        headed = bool(cells) and bool(cells[0]) and all(local(one) == "th" for one in cells[0])
        kept = [at for at, row in enumerate(found) if (headed and at == 0) or not self._is_told(row)]
        if any(local(inner) == "table" for inner in table.iterdescendants()):
            for at in kept:  # a table for the layout of a page
                for cell in cells[at]:
                    self._block(cell, blank=False)
            return
        rows = [[words_of(cell) for cell in cells[at]] for at in kept]
        self.lines += table_lines(rows, headed=headed and len(rows[0]) > 1, title=self._title)
        self.gap()

    def _is_told(self, element: Any) -> bool:
        if not self._without:
            return False
        ids = {one.get("ID") or one.get("id") for one in element.iter() if local(one)}
        words = words_of(element).casefold()
        return any(one in words or (one.startswith("#") and one[1:] in _folded(ids)) for one in self._without)


def _folded(ids: Collection[str | None]) -> set[str]:
    return {one.casefold() for one in ids if one}


def _nearest(element: Any, name: str) -> Any:
    return next((one for one in element.iterancestors() if local(one) == name), None)
