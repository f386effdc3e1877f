"""The pages that a search may show: an allow-list of hosts, and what is removed from a page's words."""

from __future__ import annotations

import re
from collections.abc import Iterable
from importlib.resources import files
from typing import Self

from bedside.errors import InputError
from bedside.records import Hit

__all__ = ["Sources", "hits_in", "listed"]

DEFAULT = "default"
"""The word in a user's list for the whole list that comes with Bedside."""

MOST_URL, MOST_TITLE, MOST_SNIPPET = 300, 120, 300
"""The limits in characters. A longer URL is not cut but left out: half of it would lead elsewhere."""

_HOST = r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]"
# Everything of a URL is spelled out: parsers and browsers disagree on backslashes, white space, users and ports, so
# that what one of them takes for an allowed host may be another. ASCII only: Cyrillic letters look like Latin ones.
_URL = re.compile(rf"https://(?P<host>{_HOST})(?:[/?][A-Za-z0-9\-._~:/?#@!$&'()*+,;=%]*)?")
_TAG = re.compile(r"<[^<>]*>")
_LINK = re.compile(r"(?i)\b(?:[a-z][a-z0-9+.\-]*://|www\.)\S*")
_NO_TEXT = re.compile(r"[\x00-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ud800-\udfff\ufeff]")
_BRACKETS = str.maketrans("<>[]{}‹›＜＞", "()()()()()")
_LISTED = re.compile(r"\[S\d+\] (?P<title>.*) — (?P<host>\S+) — (?P<url>\S+)\n {4}(?P<snippet>.*)")


class Sources:
    """The hosts whose pages may be shown, each with all its sub-domains.

    Args:
        hosts: Names such as `nice.org.uk`.

    Raises:
        InputError: One is no name of a host in ASCII with a dot in it.
    """

    def __init__(self, hosts: Iterable[str]) -> None:
        self.hosts = frozenset(hosts)
        for host in sorted(self.hosts):
            if not re.fullmatch(_HOST, host):
                raise InputError(
                    f"search_sources: {host[:80]!r} is no host; write names such as nice.org.uk, in lower case, "
                    "without https:// and without a path"
                )

    @classmethod
    def of(cls, words: Iterable[str] = (DEFAULT,)) -> Self:
        """Return the sources that a user lists; the word "default" includes those that come with Bedside.

        Raises:
            InputError: As the class.
        """
        hosts: set[str] = set()
        for word in words:
            hosts |= set(_installed()) if word == DEFAULT else {word}
        return cls(hosts)

    def allow(self, url: str) -> bool:
        """True if a URL is `https`, without user and port, of an allowed host or a sub-domain of one."""
        if len(url) > MOST_URL or (found := _URL.fullmatch(url)) is None:
            return False
        labels = found["host"].split(".")
        return any(".".join(labels[start:]) in self.hosts for start in range(len(labels)))


def _installed() -> dict[str, str]:
    """Return the hosts that come with Bedside, each with the reason."""
    text = files("bedside.models").joinpath("data", "sources.tsv").read_text(encoding="utf-8")
    rows = [line.split("\t") for line in text.splitlines() if not line.startswith("#")]
    return dict(rows[1:])


def listed(hits: Iterable[Hit]) -> str:
    """Return hits as numbered lines: `[S1] title — host — url`, and the snippet below.

    A page's words are made harmless first: one line, no markup, no other address, nothing that a model's template
    or this list could take for a mark of its own.
    """
    lines = []
    for number, hit in enumerate(hits, start=1):
        lines.append(f"[S{number}] {_plain(hit.title, MOST_TITLE)} — {hit.host} — {hit.url}")
        lines.append(f"    {_plain(hit.snippet, MOST_SNIPPET)}")
    return "\n".join(lines)


def hits_in(text: str) -> tuple[Hit, ...]:
    """Parse the hits of a list that `listed` gave."""
    return tuple(
        Hit(title=found["title"], url=found["url"], snippet=found["snippet"]) for found in _LISTED.finditer(text)
    )


def _plain(text: str, most: int) -> str:
    text = _TAG.sub(" ", _NO_TEXT.sub(" ", text)).translate(_BRACKETS)
    text = " ".join(_LINK.sub("(link)", text).split())
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"
