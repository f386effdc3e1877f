"""E-mail and web addresses, IP and hardware addresses: classes (F), (N) and (O) of 45 CFR 164.514(b)(2)(i).

Own rules instead of Presidio's: its URL and e-mail recognizers fetch a suffix list from the network at first use.
"""

from __future__ import annotations

from bedside.boundary.detection import Identifier
from bedside.boundary.detectors.rules import Rule, RuleRecognizer
from bedside.boundary.vocabulary import Vocabulary

__all__ = ["online"]

AT = r"(?:@|[(\[{][ ]?at[ ]?[)\]}])"
DOT = r"(?:\.|[ \t]?[(\[{][ ]?dot[ ]?[)\]}][ \t]?)"
# Endings that no word of a sentence is; the others ("in", "it", "us", "health") need a path or a second dot.
ENDING = (
    r"(?:com|org|net|edu|gov|mil|info|biz|io|uk|eu|ca|au|nz|ie|de|fr|es|nl|ch|se|dk|fi|pl|pt|br|mx|jp|cn|ru|za|"
    r"nhs|bank|app|dev|example|invalid|online|website|cloud|hospital|clinic|xyz|page|link)"
)
WORDLIKE_ENDING = r"(?:us|co|me|it|in|at|be|no|is|tv|ai|health|care|doctor|test|site|local|internal|localhost)"
HEX = r"[0-9a-fA-F]"


def online(vocabulary: Vocabulary) -> RuleRecognizer:
    """Return the rules for network addresses that identify somebody."""
    return RuleRecognizer(
        "online",
        [
            Rule(
                "e-mail",
                Identifier.EMAIL,
                rf"(?i)(?<![\w.+\-])[\w.+\-'’]{{1,64}}+[ \t]?{AT}[ \t]?[\w\-]{{1,64}}(?:{DOT}[\w\-]{{1,64}}){{1,6}}",
                needs=("@", "(at", "[at", "{at", "(AT", "[AT", "( at", "[ at"),
            ),
            Rule(
                "e-mail in words",
                Identifier.EMAIL,
                r"(?i)(?<![\w.+\-])[\w.+\-]{1,64}[ \t]+at[ \t]+[\w\-]{1,64}(?:[ \t]+dot[ \t]+[\w\-]{1,64}){1,4}",
                needs=(" dot ", " DOT ", " Dot "),
            ),
            Rule(
                "e-mail behind a cue",
                Identifier.EMAIL,
                r"(?i)\b(?:e-?mail|courriel|correo)(?:[ \t]+(?:address|is|at))*[ \t:]+(?P<id>[\w.+\-]+@[\w.\-]+)",
                needs=("@",),
            ),
            Rule(
                "web address",
                Identifier.URL,
                r"(?i)(?<!\w)(?:h(?:tt|xx)ps?|s?ftp|file|ldap|mailto|tel|sip|smb|ssh|git|dicom|wss?)://?[^\s<>\"')\]]+",
            ),
            Rule("web address without a scheme", Identifier.URL, r"(?i)(?<!\w)www\d?\.[^\s<>\"')\]]+"),
            Rule(
                "host and path",
                Identifier.URL,
                rf"(?i)(?<![\w@.\-])[a-z0-9](?:[\w\-]{{0,62}}+\.){{1,6}}{ENDING}(?![\w])(?::\d{{2,5}})?(?:[/?#][^\s<>\"')\]]*)?",
                needs=(".",),
            ),
            Rule(
                "host and path with an ending that is a word",
                Identifier.URL,
                rf"(?<![\w@.\-])[a-z0-9](?:[\w\-]{{0,62}}+\.){{1,6}}{WORDLIKE_ENDING}(?![\w])(?:(?::\d{{2,5}})?[/?#][^\s<>\"')\]]*|(?<=\.[\w\-]+\.\w+))",
                needs=(".",),
            ),
            Rule("network share", Identifier.URL, r"(?<!\\)\\\\[\w.\-]+(?:\\[\w.$\- ]+)+"),
            Rule(
                "path of a user",
                Identifier.URL,
                r"(?i)(?:\b[a-z]:\\(?:users|documents and settings)\\|(?<!\w)/(?:home|users)/)[^\s<>\"']+",
                needs=("\\", "/home", "/users", "/Users"),
            ),
            Rule(
                "IPv4",
                Identifier.IP_ADDRESS,
                r"(?<![\d.])(?:\d{1,3}(?:\.|\[\.\])){3}\d{1,3}(?![\d]|\.\d)(?:[:/]\d{1,5}\b)?",
                needs=(".",),
            ),
            Rule(
                "IPv6",
                Identifier.IP_ADDRESS,
                rf"(?<![\w:])(?:(?:{HEX}{{1,4}}:){{3,7}}:?(?:{HEX}{{1,4}}:){{0,5}}{HEX}{{0,4}}|(?:{HEX}{{1,4}}:){{1,6}}:(?:{HEX}{{1,4}}:){{0,5}}{HEX}{{1,4}}|(?:{HEX}{{1,4}}:){{1,6}}:(?![\w:])|::(?:{HEX}{{1,4}}:){{0,5}}{HEX}{{1,4}})(?:%\w+|/\d{{1,3}})?(?![\w:])",
                needs=(":",),
            ),
            Rule(
                "hardware address",
                Identifier.OTHER_NUMBER,
                rf"(?<![\w:\-])(?:{HEX}{{2}}([:\-]){HEX}{{2}}(?:\1{HEX}{{2}}){{4,6}}|{HEX}{{4}}\.{HEX}{{4}}\.{HEX}{{4}})(?![\w:\-])",
            ),
            Rule(
                "UUID",
                Identifier.OTHER_NUMBER,
                rf"(?<!\w){HEX}{{8}}-{HEX}{{4}}-{HEX}{{4}}-{HEX}{{4}}-{HEX}{{12}}(?!\w)",
            ),
            Rule("OID", Identifier.OTHER_NUMBER, r"(?<![\d.])[0-2](?:\.\d+){6,}(?![\d.]*\d)", needs=(".",)),
        ],
        vocabulary,
    )
