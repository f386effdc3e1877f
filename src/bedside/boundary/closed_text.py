"""The places in an answer where a value would be used instead of read: addresses, link targets, tags, code.

An answer is a stranger's text. A name that is put back into a link travels on with the first click, in an image's
address without one. So these places are closed, and generously: a placeholder that stays in one is reported.
"""

from __future__ import annotations

import re

__all__ = ["closed_spans"]

_CLOSED = (
    # Blocks between fences, and code in a line. A fence that nothing ends runs to the end.
    re.compile(r"^[ \t>]*(?P<fence>`{3,}|~{3,}).*?(?:^[ \t>]*(?P=fence)|\Z)", re.MULTILINE | re.DOTALL),
    re.compile(r"(?P<ticks>`+)(?:(?!(?P=ticks)).)*(?:(?P=ticks)|\Z)", re.DOTALL),
    # Indented lines, even after the mark of a quote or a list; what a shell would run.
    re.compile(r"^(?:[ >]*(?:[-*+]|\d+[.)])?)(?: {4}|[ ]*\t)[^\n]*", re.MULTILINE),
    re.compile(r"\$\((?:[^()]|\([^()]*\))*(?:\)|\Z)|\[\[[^\n]*"),
    # Elements whose content is no prose, with all that is in them.
    re.compile(
        r"(?is)<(?P<raw>pre|code|script|style|textarea|title|iframe|object|svg|math|template|noscript|xmp|select|kbd|samp)"
        r"\b.*?(?:</(?P=raw)|\Z)"
    ),
    # Tags over any number of lines. A ">" in quotes ends none; what nothing ends runs to the end of the text.
    re.compile(r"""<(?=[A-Za-z/!?])(?:"[^"]*(?:"|\Z)|'[^']*(?:'|\Z)|[^>"'])*(?:>|\Z)"""),
    re.compile(r"<[^>\n]*>?"),
    # The target of a link or image, over lines too, and with brackets of its own.
    re.compile(r"\]\((?:[^()]|\([^()]*\))*(?:\)|\Z)"),
    re.compile(r"\]\([^)]*(?:\)|\Z)[^\n]*"),
    re.compile(r"!\[[^\]]{0,500}\]?"),
    # After an image the rest of its line; "[scan][place]"; "[place]: address", which may be on the next line.
    re.compile(r"!\[[^\n]*"),
    re.compile(r"\]\[[^\n]*?\](?=[^\w\]]|\Z)"),
    re.compile(r"^[ \t>]{0,12}\[[^\n]*\]:[^\n]*(?:\n[^\n]+)?", re.MULTILINE),
    # Addresses, with their scheme and without.
    re.compile(r"\w+:\S+|www\.\S+|//\S+|\bdata:\S+"),
)
_RUN = re.compile(r"\S+")
# "[PERSON_1].example.org", "x?q=[PERSON_1]", "a@[PLACE_1]": one run of characters that is no prose.
_JOINED = re.compile(r"[/\\@=%&#?]\S|\.[\w\[]")
_AROUND = "\"'“”‘’(),.;:!?"


def closed_spans(text: str) -> list[tuple[int, int]]:
    """Return the spans of a text in which no original may be restored; they may overlap."""
    spans = [match.span() for form in _CLOSED for match in form.finditer(text)]
    return spans + [run.span() for run in _RUN.finditer(text) if _JOINED.search(run.group().strip(_AROUND))]
