"""Marks of HTML and Markdown in a note, blanked out with each character in its place: evidence points at the
note."""

from __future__ import annotations

import re

__all__ = ["without_markup"]

_TAG = re.compile(r"</?[A-Za-z][^<>]{0,300}>|<!--.{0,2000}?-->|&(?:nbsp|amp|lt|gt|quot|#\d{1,5});", re.DOTALL)
# What a writer struck out is no statement any more.
_STRUCK = re.compile(r"~~(?=\S)[^~\n]{1,500}(?<=\S)~~")
# The line below the heads of a table: "|---|---:|".
_RULE = re.compile(r"^[ \t]*\|?(?:[ \t]*:?-{2,}:?[ \t]*\|)+(?:[ \t]*:?-{2,}:?[ \t]*)?$", re.MULTILINE)
# "**BP:** 78/40", "__asthma__", "`aspirin`", "*chest pain*". A line that is bold as a whole is a heading and stays
# one.
_STRONG = re.compile(r"(?P<mark>\*\*|__|`)(?=\S)(?P<held>[^*_`\n]{1,100})(?<=\S)(?P=mark)")
_SLANTED = re.compile(r"(?<![\w*])(?P<mark>\*)(?=[^\s*])(?P<held>[^*\n]{1,100})(?<=[^\s*])\*(?![\w*])")


def without_markup(text: str) -> str:
    """Return the text with tags, entities and Markdown's marks blanked out; its letters keep their places."""
    text = _RULE.sub(_blank, _STRUCK.sub(_blank, _TAG.sub(_blank, text)))
    return _SLANTED.sub(_bare, _STRONG.sub(_bare, text))


def _blank(found: re.Match[str]) -> str:
    return re.sub(r"[^\n]", " ", found.group())


def _bare(found: re.Match[str]) -> str:
    mark = found["mark"]
    line_start = found.string.rfind("\n", 0, found.start()) + 1
    line_end = found.string.find("\n", found.end())
    after = found.string[found.end() : None if line_end < 0 else line_end]
    if mark != "`" and not (found.string[line_start : found.start()] + after).strip(" \t#:"):
        return found.group()
    return " " * len(mark) + found["held"] + " " * len(mark)
