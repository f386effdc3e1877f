"""Documents that other documents carry: attachments in base64, opened as the file would be."""

from __future__ import annotations

import base64
import binascii

from bedside.errors import InputError
from bedside.persistence import Opened, installed_openers, text_of
from bedside.records import kind_of

__all__ = ["base64_text", "text_inside"]


def base64_text(value: str, media_type: str, encoding: str = "Base64") -> str:
    """The text of an attachment.

    Args:
        value: As it stands in the message.
        media_type: As the message says; the content decides.
        encoding: HL7's name for it; "A" is text as it stands.

    Raises:
        InputError: It is no text; the message goes on a sentence that names the attachment.
    """
    if encoding.upper() == "A":
        return value
    try:
        data = base64.b64decode("".join(value.split()), validate=True)
    except (binascii.Error, ValueError):
        raise InputError("is not valid base64") from None
    return text_inside(data, media_type)


def text_inside(data: bytes, media_type: str) -> str:
    """The text of a file inside another file: a plain text unchanged, a format by its opener.

    Raises:
        InputError: It is a picture or PDF, it holds the cases of several people, or it cannot be opened.
    """
    if (kind := kind_of(data)) is not None:
        raise InputError(
            f"is a {kind} file, which is not read here: save it, and give it to bedside run image_report"
        )
    suffix = {"text/html": ".html", "text/rtf": ".rtf", "application/rtf": ".rtf"}.get(media_type.split(";")[0], "")
    opener = next((one for one in installed_openers() if one.recognises(data, suffix)), None)
    if opener is None:
        return text_of(data)
    cases = [one for one in opener.open_file(data, suffix) if isinstance(one, Opened)]
    if len(cases) != 1:
        raise InputError("holds no case, or the cases of several people")
    return "\n\n".join([cases[0].text, *(one.text for one in cases[0].further)])
