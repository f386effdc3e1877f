"""FHIR's XML as FHIR's JSON (R4, xml.html and json.html), read with expat: no DTD, so no entity and no outer file.

What XML does not say, the definitions of R4 do: which elements repeat, and which are numbers. What R4 does not know
is kept as it is, for the validation to find.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NoReturn
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from bedside.errors import InputError
from bedside.tools.fhir.validation.definitions import Element, Type, is_resource, type_at

__all__ = ["read_xml"]

_FHIR = "http://hl7.org/fhir"
_XHTML = "http://www.w3.org/1999/xhtml"
_MOST_DEPTH = 100
_SEPARATOR = " "
_INTEGERS = frozenset({"integer", "positiveInt", "unsignedInt"})
_is_integer = re.compile(r"-?[0-9]{1,19}").fullmatch
_is_decimal = re.compile(r"-?(0|[1-9][0-9]{0,99})(\.[0-9]{1,99})?([eE][+-]?[0-9]{1,4})?").fullmatch


@dataclass(slots=True)
class _Node:
    """An XML element."""

    space: str
    name: str
    attributes: dict[str, str]
    line: int
    content: list[_Node | str] = field(default_factory=list)

    @property
    def children(self) -> list[_Node]:
        return [one for one in self.content if isinstance(one, _Node)]


def read_xml(data: bytes, *, in_order: bool = False) -> dict[str, Any]:
    """Parse FHIR's XML into a resource as in JSON.

    Args:
        data: The XML.
        in_order: Whether elements that are not in the order of R4's definitions are refused; JSON has none.

    Raises:
        InputError: It is no XML, has a DTD, or is no resource; the message names the line and no value.
    """
    root = _parsed(data)
    if in_order and _resource(root):
        _check_order(root, type_at(root.name))
    return _resource(root)


def _check_order(node: _Node, kind: Type) -> None:
    order = {key: place for place, name in enumerate(kind.names) for key in kind.names[name]}
    last = 0
    for child in node.children:
        place, element = order.get(child.name, last), kind.keys.get(child.name)
        if place < last:
            _refuse(
                child.line, f"{child.name} is out of order: FHIR's XML has the elements in that of the definition"
            )
        last = place
        if element is None or child.space == _XHTML:
            continue
        if element.type == "Resource":
            for inside in child.children:
                _check_order(inside, type_at(inside.name))
        else:
            _check_order(child, type_at("Element" if element.primitive else element.inside))


def _parsed(data: bytes) -> _Node:
    parser = expat.ParserCreate(namespace_separator=_SEPARATOR)
    parser.buffer_text = True
    outer = _Node("", "", {}, 0)
    open_nodes = [outer]

    def start(name: str, attributes: dict[str, str]) -> None:
        if len(open_nodes) > _MOST_DEPTH:
            _refuse(parser.CurrentLineNumber, "it is nested too deep")
        space, _, local = name.rpartition(_SEPARATOR)
        node = _Node(space, local, attributes, parser.CurrentLineNumber)
        open_nodes[-1].content.append(node)
        open_nodes.append(node)

    def end(name: str) -> None:
        open_nodes.pop()

    def text(part: str) -> None:
        open_nodes[-1].content.append(part)

    def document_type(*_: object) -> None:
        # Entities are declared there: some are bombs, some are files of this machine.
        _refuse(parser.CurrentLineNumber, "it has a DOCTYPE, which FHIR does not use; take it out")

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler, parser.StartDoctypeDeclHandler = text, document_type
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        _refuse(error.lineno, f"it is not XML: {expat.ErrorString(error.code)}")
    except (LookupError, ValueError):
        raise InputError("it is XML in an encoding that is not known here; FHIR's XML is UTF-8") from None
    (root,) = outer.children
    return root


def _refuse(line: int, why: str) -> NoReturn:
    raise InputError(f"line {line}: {why}") from None


def _resource(node: _Node) -> dict[str, Any]:
    if node.space != _FHIR or not is_resource(node.name):
        _refuse(node.line, f"it is no resource of R4 in the namespace {_FHIR}")
    return {"resourceType": node.name} | _object(node, type_at(node.name))


def _object(node: _Node, kind: Type | None) -> dict[str, Any]:
    """Return the attributes and children of an element as the keys of an object."""
    found: dict[str, Any] = {name: value for name, value in node.attributes.items() if _SEPARATOR not in name}
    if any(isinstance(one, str) and not one.isspace() for one in node.content):
        _refuse(node.line, "there is text in an element; FHIR's values are attributes")
    groups: dict[str, list[_Node]] = {}
    for child in node.children:
        if child.space != (_XHTML if child.name == "div" else _FHIR):
            _refuse(child.line, "there is an element of another namespace than FHIR's")
        groups.setdefault(child.name, []).append(child)
    if {"resourceType", *(f"_{name}" for name in groups)} & {*found, *groups} or found.keys() & groups:
        _refuse(node.line, "a name is there as attribute and as element, or belongs to FHIR's JSON only")
    for name, children in groups.items():
        element = kind.keys.get(name) if kind else None
        if element is None or element.primitive:
            _values(found, name, children, element)
        else:
            items = [_complex(child, element) for child in children]
            found[name] = items if element.many or len(items) > 1 else items[0]
    return found


def _complex(node: _Node, element: Element) -> Any:
    if element.type != "Resource":
        return _object(node, type_at(element.inside))
    inside = node.children
    if len(inside) != 1:
        _refuse(node.line, "there is not exactly one resource where one belongs")
    return _resource(inside[0])


def _values(found: dict[str, Any], name: str, children: list[_Node], element: Element | None) -> None:
    """Add primitives: the values under the name, their ids and extensions under the name with an underscore."""
    values: list[Any] = []
    extended: list[Any] = []
    for child in children:
        if child.space == _XHTML:
            values.append(_xhtml(child))
            extended.append(None)
            continue
        value = child.attributes.get("value")
        values.append(None if value is None else _value(value, element.type if element else ""))
        rest = _Node(child.space, child.name, child.attributes.copy(), child.line, child.content)
        rest.attributes.pop("value", None)
        extended.append(_object(rest, type_at("Element")) or None)
    many = len(children) > 1 or (element is not None and element.many)
    if any(value is not None for value in values) or not any(extended):
        found[name] = values if many else values[0]
    if any(extended):
        found[f"_{name}"] = extended if many else extended[0]


def _value(text: str, kind: str) -> Any:
    """Return a value as JSON has it; one not in the form of its type stays a text, for validation to find."""
    if kind == "boolean" and text in ("true", "false"):
        return text == "true"
    if kind in _INTEGERS and _is_integer(text):
        return int(text)
    if kind == "decimal" and _is_decimal(text):
        return Decimal(text)
    return text


def _xhtml(node: _Node, above: str = "") -> str:
    space = f" xmlns={quoteattr(node.space)}" if node.space != above else ""
    attributes = "".join(
        f" {name}={quoteattr(value)}" for name, value in node.attributes.items() if _SEPARATOR not in name
    )
    inside = "".join(_xhtml(one, node.space) if isinstance(one, _Node) else escape(one) for one in node.content)
    start = f"<{node.name}{space}{attributes}"
    return f"{start}>{inside}</{node.name}>" if inside else f"{start}/>"
