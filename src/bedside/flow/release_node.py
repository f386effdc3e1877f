"""The boundary as a node of a graph."""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, Literal, get_args

from langgraph.runtime import Runtime
from pydantic import BaseModel

from bedside.boundary import Draft, Refusal, SealedText
from bedside.flow.labels import Label
from bedside.flow.services import Services

__all__ = ["ReleaseNode", "release"]

Destination = Literal["consult", "search"]


@dataclass(frozen=True, slots=True)
class ReleaseNode:
    """A boundary node that takes drafts from a private channel and writes what was released to a shareable one.

    What the state holds beside the case's documents, such as what a node read in another system, is learned first.

    Attributes:
        reads: Private channel of `list[Draft]`.
        writes: Shareable channel of `list[SealedText]`.
        refused: Private channel of `list[Refusal]`, or `None` to drop refusals.
        destination: `consult`, the configured remote model, or `search`, the configured search engine.
        consultant: The name of the remote model; empty for the first.
    """

    reads: str
    writes: str
    refused: str | None
    destination: Destination
    consultant: str = ""

    @property
    def wanted(self) -> dict[str, Label]:
        """The channels that it needs, with their labels."""
        further = {self.refused: Label.PRIVATE} if self.refused else {}
        return {self.reads: Label.PRIVATE, self.writes: Label.SHAREABLE, "case": Label.PRIVATE, **further}

    def __call__(self, state: Mapping[str, Any], runtime: Runtime[Services]) -> dict[str, Any]:
        services = runtime.context
        drafts: list[Draft] = state.get(self.reads) or []
        is_search = self.destination == "search"
        destination = services.search_destination if is_search else services.consult_destination(self.consultant)
        endpoint = None if is_search else services.endpoint(self.consultant)
        known = "\n".join(services.boundary.documents(state["case"]).values())
        beside = ["\n\n".join(dict.fromkeys(text for text in texts_in(state) if text not in known))]
        family = endpoint.profile.name if endpoint else ""
        results = []
        for draft in drafts:
            template = services.prompts.choose(draft.template, family)
            wording = template.sha256 if template else ""
            released = services.boundary.release(draft, state["case"], destination, beside=beside, wording=wording)
            results.append(released)
        update: dict[str, Any] = {self.writes: [one for one in results if isinstance(one, SealedText)]}
        if self.refused:
            update[self.refused] = [one for one in results if isinstance(one, Refusal)]
        return update


def texts_in(value: object) -> Iterator[str]:
    """Yield the strings in a state, as deep as collections, models and dataclasses go.

    Bedside's own models are skipped: they are made of a case's documents, and the boundary reads those.
    """
    if isinstance(value, str):
        yield value
        yield from texts_in(_parsed(value))
    elif isinstance(value, Mapping):
        for key, one in value.items():
            # The name of a field determines what follows it, as a label does in a note.
            for each in one if isinstance(one, list | tuple) else [one]:
                if isinstance(each, str):
                    yield f"{_label(str(key))}: {each}"
                else:
                    yield str(key)
                    yield from texts_in(each)
    elif isinstance(value, list | tuple | set | frozenset | deque):
        for one in value:
            yield from texts_in(one)
    elif not type(value).__module__.startswith("bedside."):
        if isinstance(value, BaseModel):
            yield from texts_in(dict(value))
        elif is_dataclass(value) and not isinstance(value, type):
            yield from texts_in({field.name: getattr(value, field.name, None) for field in fields(value)})


def _parsed(text: str) -> object:
    """Return the contents of a JSON text, or `None` for any other text."""
    if text.lstrip()[:1] not in ("{", "["):
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _label(key: str) -> str:
    """Return the name of a field in words: "lastName", "last_name"; FHIR's HumanName says "family" and "given"."""
    words = " ".join(re.findall(r"[^\W\d_][^\W\d_A-Z]*|[A-Z]+", key)).casefold()
    return f"{words} name" if words in ("family", "given", "first", "last") else words


def release(
    reads: str,
    writes: str,
    *,
    refused: str | None = None,
    destination: Destination = "consult",
    consultant: str = "",
) -> ReleaseNode:
    """Return a boundary node for `ClinicalGraph.add_node`.

    Args:
        reads: Private channel with the drafts.
        writes: Shareable channel for what is released.
        refused: Private channel for what is refused, so that the result can name it.
        destination: The destination of the text: `consult` or `search`.
        consultant: The remote model, of several, by the name under which it is configured
            (`--consult NAME=SPEC`); empty for the one without a name.

    Raises:
        ValueError: The destination is unknown, or a search engine is given a consultant's name.
    """
    if destination not in get_args(Destination):
        raise ValueError("destination= is 'consult' or 'search'")
    if consultant and destination != "consult":
        raise ValueError("consultant= names a remote model: destination= must be 'consult'")
    return ReleaseNode(reads, writes, refused, destination, consultant)
