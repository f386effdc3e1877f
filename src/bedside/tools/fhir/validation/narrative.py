"""The XHTML of a narrative: what R4 (txt-1, txt-2) allows in it."""

from __future__ import annotations

import html
import re
from xml.etree import ElementTree

__all__ = ["is_narrative"]

_SPACE = "{http://www.w3.org/1999/xhtml}"
_is_tag = re.compile(
    "a|abbr|acronym|address|b|big|blockquote|br|caption|cite|code|col|colgroup|dd|del|dfn|div|dl|dt|em|h[1-6]|hr|i|"
    "img|ins|kbd|li|ol|p|pre|q|samp|small|span|strong|sub|sup|table|tbody|td|tfoot|th|thead|tr|tt|ul?|var"
).fullmatch
_is_attribute = re.compile(
    "abbr|accesskey|align|alt|axis|bgcolor|border|cell(halign|padding|spacing|valign)|char|charoff|charset|cite|class|"
    "colspan|compact|coords|dir|frame|headers|height|href|hreflang|hspace|id|lang|longdesc|name|nowrap|rel|rev|rowspan|"
    "rules|scope|shape|span|src|start|style|summary|tabindex|title|type|valign|value|vspace|width"
).fullmatch
_is_block = re.compile(
    "address|blockquote|caption|col|colgroup|dd|div|dl|dt|h[1-6]|hr|li|ol|p|pre|table|tbody|td|tfoot|th|thead|tr|ul"
).fullmatch
"""The elements that may not occur in a paragraph (HTML 4.0, 9.3.1: its content is inline)."""
_is_link = re.compile(r"(?!\s*(?:javascript|vbscript)\s*:)[^\s<>\"{}|\\^`]*", re.IGNORECASE).fullmatch
"""A URL by its characters (RFC 3986, and letters of any script) that is no script."""
_ENTITY = re.compile(r"&([A-Za-z][A-Za-z0-9]*);")
_OF_XML = frozenset({"amp", "lt", "gt", "quot", "apos"})


def is_narrative(text: object) -> bool:
    """True if a text is a `div` of XHTML with basic formatting only and some content to read."""
    # A document type could define entities that grow without end; a narrative may not have one.
    if not isinstance(text, str) or "<!DOCTYPE" in text or "<!ENTITY" in text:
        return False
    known = _ENTITY.sub(lambda found: found[0] if found[1] in _OF_XML else html.unescape(found[0]), text)
    try:
        root = ElementTree.fromstring(known)
    except ElementTree.ParseError:
        return False
    if root.tag != f"{_SPACE}div":
        return False
    if not all(_is_basic(element) for element in root.iter()):
        return False
    for paragraph in root.iter(f"{_SPACE}p"):
        if any(_is_block(inner.tag.removeprefix(_SPACE)) for inner in paragraph.iterfind(".//*")):
            return False
    return any(part.strip() for part in root.itertext()) or root.find(f".//{_SPACE}img") is not None


def _is_basic(element: ElementTree.Element) -> bool:
    """True if an element and its attributes are among those allowed in a narrative."""
    tag: object = element.tag
    if not isinstance(tag, str) or not tag.startswith(_SPACE) or not _is_tag(tag.removeprefix(_SPACE)):
        return False
    return all(
        _is_attribute(name.rpartition("}")[2]) and (name not in ("href", "src", "cite") or _is_link(value))
        for name, value in element.attrib.items()
    )
