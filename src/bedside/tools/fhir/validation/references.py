"""Targets of references: an entry of the bundle, a contained resource, or a type by the reference's own words."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from bedside.tools.fhir.validation.definitions import is_resource
from bedside.tools.fhir.validation.findings import Finding, Severity

__all__ = ["Addresses", "Reference", "check_document", "check_references"]

_LITERAL = re.compile(
    r"(?P<base>https?://.+/)?(?P<kind>[A-Z][A-Za-z]+)/(?P<id>[A-Za-z0-9\-.]{1,64})(/_history/[A-Za-z0-9\-.]{1,64})?"
)
_SCHEME = re.compile(r"[a-z][a-z0-9+.\-]*:")
_STORED = ("transaction", "batch")
"""The bundles in which a relative reference points to the server's own resources."""
_CONDITIONAL = re.compile(r"(?P<kind>[A-Z][A-Za-z]+)\?[^=\s]+=\S+")


@dataclass(frozen=True, slots=True)
class Reference:
    """A Reference that was met: its place, its text, and its allowed targets."""

    location: str
    value: Mapping[str, Any]
    targets: frozenset[str]
    rule: str
    contained: Mapping[str, str]
    """The type of each contained resource, by id."""
    base: str
    """The fullUrl of the entry that contains it; empty where it has none."""


@dataclass(frozen=True, slots=True)
class Addresses:
    """The resources of a bundle by their addresses.

    Attributes:
        kinds: Each fullUrl, and `Type/id` of each resource, to the resource's type.
        urls: Each fullUrl.
        placed: `Type/id` of each resource with a fullUrl, to whether that is a REST address. What is to be put
            at this very place is not among them: there its reference leads.
        type: The bundle's type; empty for a resource outside of a bundle.
    """

    kinds: Mapping[str, str] = field(default_factory=dict)
    urls: Collection[str] = frozenset()
    placed: Mapping[str, bool] = field(default_factory=dict)
    type: str = ""

    @classmethod
    def of(cls, bundle: Mapping[str, Any]) -> Addresses:
        """Collect the addresses from the entries; what is malformed is left out."""
        kinds: dict[str, str] = {}
        urls: set[str] = set()
        placed: dict[str, bool] = {}
        entries = bundle.get("entry")
        for entry in entries if isinstance(entries, list) else ():
            resource = entry.get("resource") if isinstance(entry, dict) else None
            if not isinstance(resource, dict):
                continue
            kind, url, own = str(resource.get("resourceType")), entry.get("fullUrl"), resource.get("id")
            if not is_resource(kind):
                continue
            if kind == "Bundle":
                inner = cls.of(resource)
                kinds |= inner.kinds
                urls |= set(inner.urls)
                placed |= inner.placed
            if isinstance(url, str):
                kinds[url] = kind
                urls.add(url)
                if (found := _LITERAL.fullmatch(url)) and found["kind"] == kind:
                    kinds[f"{kind}/{found['id']}"] = kind
            if isinstance(own, str):
                kinds[f"{kind}/{own}"] = kind
                if isinstance(url, str) and _put_at(entry) != f"{kind}/{own}":
                    placed[f"{kind}/{own}"] = _LITERAL.fullmatch(url) is not None
        return cls(kinds, urls, placed, str(bundle.get("type", "")))

    def holds(self, reference: str, base: str) -> bool:
        """True if an entry is the target of a relative reference in an entry with this fullUrl.

        R4, bundle.html, "Resolving references in Bundles": the root of the fullUrl followed by the reference. A
        urn has no root, so that nothing relative can be resolved from there.
        """
        root = _LITERAL.fullmatch(base)
        return root is not None and (root["base"] or "") + reference.partition("/_history/")[0] in self.urls

    def kind_of(self, reference: str) -> str | None:
        """Return the type of a reference's target, or `None` where it cannot be determined."""
        if reference in self.kinds:
            return self.kinds[reference]
        bare = reference.partition("#")[0].partition("|")[0]
        found = _LITERAL.fullmatch(bare) or _CONDITIONAL.fullmatch(bare)
        return found["kind"] if found and is_resource(found["kind"]) else None


def check_references(references: list[Reference], addresses: Addresses) -> Iterator[Finding]:
    """Yield the errors of references: those without a target, or with a target of a wrong type."""
    for one in references:
        said = one.value.get("reference")
        if not isinstance(said, str) or not said:
            continue
        # A contained resource that is not there is the invariant ref-1's.
        kind = one.contained.get(said[1:]) if said[0] == "#" else addresses.kind_of(said)
        problem = None if said[0] == "#" else _problem(said, kind, addresses, one.base)
        if problem is not None:
            yield Finding(Severity.ERROR, "not-found", f"{one.location}.reference", problem, "reference")
        elif kind is not None and one.targets and kind not in one.targets:
            allowed = " or ".join(sorted(one.targets))
            message = f"the reference leads to a {kind}; it must lead to {allowed}"
            yield Finding(Severity.ERROR, "structure", f"{one.location}.reference", message, one.rule)
        stated = one.value.get("type")
        if kind is not None and isinstance(stated, str) and stated.rpartition("/")[2] != kind:
            message = f"the reference says another type than that of its target, a {kind}"
            yield Finding(Severity.ERROR, "value", f"{one.location}.type", message, "reference")


def check_document(bundle: Mapping[str, Any], path: str, references: list[Reference]) -> Iterator[Finding]:
    """Yield a finding for each entry that a document may not have.

    R4, documents.html: it holds the Composition, what is referred to from there, directly or by way of others, the
    Binary of a stylesheet, and each Provenance whose target is one of these.
    """
    entries = bundle.get("entry")
    found = [one for one in entries if isinstance(one, dict)] if isinstance(entries, list) else []
    places = {str(one.get("fullUrl", "")): place for place, one in enumerate(found)}
    kinds = [
        one["resource"].get("resourceType") if isinstance(one.get("resource"), dict) else None for one in found
    ]
    leads: dict[int, set[int]] = {place: set() for place in range(len(found))}
    for one in references:
        start, end = places.get(one.base), places.get(_absolute(one))
        if start is None or end is None or not one.location.startswith(f"{path}.entry[{start}]."):
            continue
        leads[start].add(end)
        if kinds[start] == "Provenance" and ".target[" in one.location:
            leads[end].add(start)
    waiting = [place for place, kind in enumerate(kinds) if place == 0 or kind == "Binary"]
    reached = set(waiting)
    while waiting:
        more = leads[waiting.pop()] - reached
        reached |= more
        waiting += more
    for place in sorted(leads.keys() - reached):
        message = "nothing leads from the Composition to it, so that the document may not hold it"
        yield Finding(Severity.ERROR, "invalid", f"{path}.entry[{place}]", message, "documents.html")


def _absolute(reference: Reference) -> str:
    """Return the address of the entry to which a reference points, if it points to one."""
    said = str(reference.value.get("reference", "")).partition("#")[0]
    root = None if _SCHEME.match(said) else _LITERAL.fullmatch(reference.base)
    return (root["base"] or "") + said.partition("/_history/")[0] if root else said


def _put_at(entry: Mapping[str, Any]) -> str:
    """Return where a transaction puts the resource of an entry: `Type/id`, or nothing."""
    request = entry.get("request")
    return str(request.get("url")) if isinstance(request, dict) and request.get("method") == "PUT" else ""


def _problem(said: str, kind: str | None, addresses: Addresses, base: str) -> str | None:
    if said.startswith(("urn:uuid:", "urn:oid:")):
        # Outside of a bundle nothing can be said of where it leads.
        inside = said.partition("#")[0] in addresses.kinds or not addresses.type
        return None if inside else "no entry of the bundle has this address"
    if said.startswith(("http://", "https://")) or _SCHEME.match(said):
        return None
    if kind is None:
        return "it is neither Type/id of a resource type, nor a URL, a urn or #id"
    if "?" in said:
        return None if addresses.type in ("", "transaction", "batch") else "a search stands for a reference"
    if not addresses.type or addresses.holds(said, base):
        return None
    # The resource with this type and id is here, and is not what the reference leads to.
    at_rest = addresses.placed.get(said.partition("/_history/")[0])
    if at_rest is False or (at_rest and base.startswith("urn:") and addresses.type not in _STORED):
        return "no entry is this resource by its fullUrl: Type/id leads to none under a urn; refer to the fullUrl"
    if addresses.type == "document":
        return "a document must hold what it refers to, and no entry is this resource"
    return None
