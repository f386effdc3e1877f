"""Telephone, fax and pager numbers, e-mail and web addresses, IP addresses.

Own rules instead of Presidio's: its URL and e-mail recognizers fetch a suffix list from the network at first use.
"""

from __future__ import annotations

from bedside.boundary.detection import Identifier
from bedside.boundary.detectors.rules import CUED, Rule, RuleRecognizer
from bedside.boundary.vocabulary import Vocabulary

__all__ = ["contacts"]


def contacts(vocabulary: Vocabulary) -> RuleRecognizer:
    """Rules for classes (D), (E), (F), (N) and (O) of 45 CFR 164.514(b)(2)(i)."""
    return RuleRecognizer(
        "contacts",
        [
            Rule(
                "ten digits",
                Identifier.PHONE,
                r"(?<![\w.])(?:\+?1[ .\-]?)?\(?\d{3}\)?[ .\-]?\d{3}[ .\-]\d{4}(?!\w)",
            ),
            Rule(
                "international",
                Identifier.PHONE,
                r"(?<!\w)(?:\+|00)\d{1,3}[ .\-]?(?:\(?\d{1,5}\)?[ .\-]?){2,5}\d(?!\w)",
            ),
            Rule("British", Identifier.PHONE, r"(?<![\w.])0\d{2,4}[ \-]?\d{3,4}[ \-]?\d{3,4}(?!\w)"),
            Rule(
                "behind a cue",
                Identifier.PHONE,
                r"(?i:\b(?:tel(?:ephone)?|phone|cell|mobile|fax|pager|beeper|ext(?:ension)?|call(?:back)?)\b)"
                r"[ \t.:#]*(?i:(?:number|no\.?|is|at)[ \t:]*)?(?P<id>[+(]?\d[\d ().\-]{2,18}\d)",
                CUED,
            ),
            Rule(
                "e-mail",
                Identifier.EMAIL,
                r"(?i)[\w.+\-]+[ \t]*(?:@|\(at\)|\[at\])[ \t]*[\w\-]+(?:[ \t]*(?:\.|\(dot\)|\[dot\])[ \t]*[\w\-]+)+",
            ),
            Rule("web address", Identifier.URL, r"(?i)\b(?:https?://|ftp://|www\.)[^\s<>\"')\]]+"),
            Rule(
                "host and path",
                Identifier.URL,
                r"(?i)\b[a-z0-9][\w\-]*(?:\.[\w\-]+)*\.(?:com|org|net|edu|gov|io|co|uk|us|info|health|bank|nhs)\b(?:/\S*)?",
            ),
            Rule("IPv4", Identifier.IP_ADDRESS, r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.])"),
            Rule(
                "IPv6",
                Identifier.IP_ADDRESS,
                r"(?i)(?<![\w:])(?:[0-9a-f]{1,4}:){3,7}[0-9a-f]{0,4}(?::[0-9a-f]{1,4})*(?![\w:])",
            ),
        ],
        vocabulary,
    )
