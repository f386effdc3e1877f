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
_ENTITY = re.compile(r"&([A-Za-z][A-Za-z0-9]*);")
_OF_XML = frozenset({"amp", "lt", "gt", "quot", "apos"})


def is_narrative(text: object) -> bool:
    """Whether a text is a `div` of XHTML with basic formatting only, and with something to read in it."""
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
    for element in root.iter():
        if not isinstance(element.tag, str) or not _is_tag(element.tag.removeprefix(_SPACE)):
            return False
        if not all(_is_attribute(name.rpartition("}")[2]) for name in element.attrib):
            return False
    return any(part.strip() for part in root.itertext()) or root.find(f".//{_SPACE}img") is not None
