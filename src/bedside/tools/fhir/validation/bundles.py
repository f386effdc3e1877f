"""The rules of a Bundle (R4: invariants bdl-1 to bdl-12, and the text of bundle and http), entry by entry."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

from bedside.tools.fhir.validation.bindings import binding_problem
from bedside.tools.fhir.validation.definitions import is_resource
from bedside.tools.fhir.validation.findings import Finding, Severity
from bedside.tools.fhir.validation.primitives import FORMATS

__all__ = ["check_bundle"]

_TYPES = "http://hl7.org/fhir/ValueSet/bundle-type"
_REQUESTS = frozenset({"transaction", "batch", "history"})
_RESPONSES = frozenset({"transaction-response", "batch-response", "history"})
_NEEDS_BODY = frozenset({"POST", "PUT", "PATCH"})
_FIRST = {"document": ("Composition", "bdl-11"), "message": ("MessageHeader", "bdl-12")}
_ADDRESSED = frozenset({"document", "message", "collection", "searchset", "history"})
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:")
_STATUS = re.compile(r"[1-5][0-9]{2}(\s.*)?", re.DOTALL)
_URL = re.compile(
    r"[A-Z][A-Za-z]+(/[A-Za-z0-9\-.]{1,64})?(/_history(/[A-Za-z0-9\-.]{1,64})?)?/?(\?\S+)?|\$\S+|\S+/\$\S+|\?\S+"
)


def check_bundle(bundle: Mapping[str, Any], path: str) -> Iterator[Finding]:
    """Yield the errors of a Bundle as a whole and of the form of its entries."""
    told = bundle.get("type")
    # What is no type of a bundle is a finding already, and no message may repeat it.
    kind = told if isinstance(told, str) and binding_problem(told, _TYPES) is None else "bundle"
    entries = [one if isinstance(one, dict) else {} for one in _list(bundle.get("entry"))]
    if "total" in bundle and kind not in ("searchset", "history"):
        yield _error(f"{path}.total", "only a searchset or a history has a total", "bdl-1")
    if kind in _FIRST:
        yield from _first(entries, kind, path)
    if kind == "document":
        identifier = bundle.get("identifier")
        if not isinstance(identifier, dict) or not {"system", "value"} <= identifier.keys():
            yield _error(f"{path}.identifier", "a document has an identifier with system and value", "bdl-9")
        if not bundle.get("timestamp"):
            yield _error(f"{path}.timestamp", "a document has a timestamp", "bdl-10")
    if kind == "searchset":
        yield from _found(bundle, entries, path)
    seen: dict[tuple[str, str], int] = {}
    for index, entry in enumerate(entries):
        place = f"{path}.entry[{index}]"
        yield from _entry(entry, kind, place)
        yield from _address(entry, kind, place)
        url = entry.get("fullUrl")
        if isinstance(url, str) and kind != "history":
            earlier = seen.setdefault((url, _version(entry)), index)
            if earlier != index:
                message = f"entry {earlier} has the same fullUrl"
                yield Finding(Severity.ERROR, "duplicate", f"{place}.fullUrl", message, "bdl-7")


def _first(entries: list[dict[str, Any]], kind: str, path: str) -> Iterator[Finding]:
    wanted, rule = _FIRST[kind]
    resource = entries[0].get("resource") if entries else None
    if not isinstance(resource, dict) or resource.get("resourceType") != wanted:
        place = f"{path}.entry[0].resource" if entries else f"{path}.entry"
        yield _error(place, f"the first entry of a {kind} is a {wanted}", rule)


def _found(bundle: Mapping[str, Any], entries: list[dict[str, Any]], path: str) -> Iterator[Finding]:
    """Yield the errors in the results of a search (R4, http.html and bundle.html#searchset)."""
    asked = _asked(bundle)
    for index, entry in enumerate(entries):
        resource, search = entry.get("resource"), entry.get("search")
        if not isinstance(resource, dict):
            continue
        kind, place = resource.get("resourceType"), f"{path}.entry[{index}].resource"
        mode = search.get("mode") if isinstance(search, dict) else None
        is_outcome = kind == "OperationOutcome"
        if mode == "outcome" and not is_outcome:
            yield _error(place, "the outcome of a search is an OperationOutcome", "searchset")
        if "id" not in resource and not (is_outcome and mode in ("outcome", None)):
            yield _error(f"{place}.id", "what a search finds is stored and has an id", "searchset")
        if mode == "match" and asked and kind not in asked:
            yield _error(place, "it is of another type than the search in the self link asks for", "searchset")


def _asked(bundle: Mapping[str, Any]) -> frozenset[str]:
    """Return the types that a search requests, by its self link; none where it does not say so."""
    links = [one for one in _list(bundle.get("link")) if isinstance(one, dict) and one.get("relation") == "self"]
    url = links[0].get("url") if links else None
    if not isinstance(url, str):
        return frozenset()
    address = urlsplit(url)
    last = address.path.rstrip("/").rpartition("/")[2]
    named = [last] if is_resource(last) else parse_qs(address.query).get("_type", [""])[-1].split(",")
    return frozenset(named) if all(map(is_resource, named)) else frozenset()


def _entry(entry: Mapping[str, Any], kind: str, place: str) -> Iterator[Finding]:
    if not {"resource", "request", "response"} & entry.keys():
        yield _error(place, "an entry has a resource, a request or a response", "bdl-5")
    if "search" in entry and kind != "searchset":
        yield _error(f"{place}.search", "only entries of a searchset have search", "bdl-2")
    if ("request" in entry) is not (kind in _REQUESTS):
        wanted = "has a request" if kind in _REQUESTS else "has no request"
        yield _error(f"{place}.request", f"an entry of a {kind} {wanted}", "bdl-3")
    if ("response" in entry) is not (kind in _RESPONSES):
        wanted = "has a response" if kind in _RESPONSES else "has no response"
        yield _error(f"{place}.response", f"an entry of a {kind} {wanted}", "bdl-4")
    if isinstance(entry.get("request"), dict):
        yield from _request(entry, entry["request"], place)
    response = entry.get("response")
    status = response.get("status") if isinstance(response, dict) else None
    if isinstance(status, str) and not _STATUS.fullmatch(status):
        yield _error(f"{place}.response.status", "it begins with the three digits of an HTTP status", "http")


def _request(entry: Mapping[str, Any], request: Mapping[str, Any], place: str) -> Iterator[Finding]:
    method, url, condition = str(request.get("method")), request.get("url"), request.get("ifNoneExist")
    resource = entry.get("resource")
    if method in _NEEDS_BODY and "resource" not in entry:
        yield _error(f"{place}.resource", f"a {method} needs a resource", "http")
    if method in ("GET", "DELETE", "HEAD") and "resource" in entry:
        yield _error(f"{place}.resource", f"a {method} has no resource", "http")
    if isinstance(url, str):
        if not _URL.fullmatch(url):
            yield _error(f"{place}.request.url", "it is relative to the server: Type, Type/id or a search", "http")
        elif isinstance(resource, dict) and method in ("POST", "PUT") and "$" not in url:
            stated = re.split(r"[/?]", url, maxsplit=1)[0]
            if stated != resource.get("resourceType"):
                yield _error(f"{place}.request.url", "its type is not that of the resource", "http")
        if method == "PUT" and "/" not in url and "?" not in url:
            yield _error(f"{place}.request.url", "a PUT names an id or a search", "http")
    if isinstance(condition, str):
        if condition.startswith("?") or "=" not in condition or "/" in condition.partition("=")[0]:
            message = "it is the part of a search after the question mark: name=value"
            yield _error(f"{place}.request.ifNoneExist", message, "http")
        if method != "POST":
            yield _error(f"{place}.request.ifNoneExist", "only a POST is conditional in this way", "http")


def _address(entry: Mapping[str, Any], kind: str, place: str) -> Iterator[Finding]:
    url, resource = entry.get("fullUrl"), entry.get("resource")
    location = f"{place}.fullUrl"
    if url is None:
        # R4, bundle.html: "Except for transactions and batches, each entry in a Bundle must have a fullUrl".
        if isinstance(resource, dict) and kind in _ADDRESSED:
            message = f"an entry of a {kind} has a fullUrl"
            yield Finding(Severity.ERROR, "required", location, message, "fullUrl")
        return
    if not isinstance(url, str):
        return
    if "/_history/" in url:
        yield _error(location, "a fullUrl names no version", "bdl-8")
    elif not _SCHEME.match(url):
        yield _error(location, "it is an absolute URL, for instance a urn:uuid", "fullUrl")
    elif not url.startswith(("http://", "https://")):
        # What is malformed is the format of a uri's finding already.
        return
    elif kind not in ("transaction", "batch") and isinstance(resource, dict) and FORMATS["id"](resource.get("id")):
        *_, above, last = url.split("/")
        if last != resource["id"] or (is_resource(above) and above != resource.get("resourceType")):
            yield _error(location, "it does not end with the resource's type and id", "fullUrl")


def _version(entry: Mapping[str, Any]) -> str:
    resource = entry.get("resource")
    meta = resource.get("meta") if isinstance(resource, dict) else None
    return str(meta.get("versionId", "")) if isinstance(meta, dict) else ""


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _error(location: str, message: str, rule: str) -> Finding:
    return Finding(Severity.ERROR, "invariant" if rule.startswith("bdl") else "value", location, message, rule)
