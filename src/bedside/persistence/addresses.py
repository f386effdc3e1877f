"""The address of a store: a folder, or the URL of a PostgreSQL database without a password.

libpq repeats what it cannot read, and a folder's name is seen by everybody. So an address is taken only in the
form that is written here, and one that is refused is never repeated: it may hold a password where nobody looks for
one.
"""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote

from bedside.errors import PersistenceError

__all__ = ["check_url", "is_postgres", "store_address"]

_URL = re.compile(
    r"postgres(?:ql)?://"
    r"(?:(?P<user>[\w.~%+-]+)@)?"
    r"(?:(?:[\w.-]+|\[[0-9A-Fa-f:.]+(?:%\w+)?\]|%2[Ff][\w.%-]+)(?::\d{1,5})?(?:,(?!/)|(?=[/?]|\Z)))*"
    r"(?:/(?P<database>[\w.~%+-]*))?"
    r"(?:\?(?P<query>[\w.~%+/,:=&-]*))?",
    re.ASCII,
)

_PARAMETERS = frozenset(
    re.findall(
        r"\w+",
        """
        application_name channel_binding client_encoding connect_timeout dbname gssdelegation gssencmode gsslib
        host hostaddr keepalives keepalives_count keepalives_idle keepalives_interval krbsrvname
        load_balance_hosts options passfile port require_auth requirepeer service ssl_max_protocol_version
        ssl_min_protocol_version sslcert sslcertmode sslcrl sslcrldir sslkey sslmode sslnegotiation sslrootcert
        sslsni target_session_attrs tcp_user_timeout user
        """,
    )
)
"""The parameters of libpq that are no password (PostgreSQL 17, 34.1.2)."""

_PASSWORD = re.compile(r"\w+://[^/@]*:[^/]*@|(?i:[?&](?:ssl)?pass%?\w*=)")

# Written so that it can be nothing else: from the root, from here, from home, or from a drive.
_PLAIN_FOLDER = re.compile(r"/(?!/)|\.{1,2}/|~|[A-Za-z]:[\\/]")

# What somebody may take for an address, and a folder must not be named: any scheme, `user:password@host` anywhere,
# and libpq's `host=… password=…`.
_NO_FOLDER = re.compile(
    r"://|\A\s*(?:[A-Za-z][\w+.-]+:)+[/\\]|postgres(?:ql)?:|:[^/\\]*@"
    r"|(?:\A|\s)(?:host|hostaddr|dbname|user|password|service|sslmode)\s*=",
    re.IGNORECASE | re.ASCII,
)


def is_postgres(store: object) -> bool:
    """True if a store is a PostgreSQL URL, and not a folder."""
    return isinstance(store, str) and store.startswith(("postgresql://", "postgres://"))


def store_address(word: str) -> Path | str:
    """Return the folder or URL that a user named.

    Raises:
        PersistenceError: It is neither, or a URL with a password. The message has none of it.
    """
    if is_postgres(word):
        check_url(word)
        return word
    if _NO_FOLDER.search(word) and not _PLAIN_FOLDER.match(word):
        raise PersistenceError(
            "the store is neither a folder nor a URL of the form postgresql://[USER@]HOST[:PORT]/DATABASE (a "
            "folder of such a name is written ./NAME)"
        )
    return Path(word)


def check_url(url: str) -> None:
    """Raise an error for a URL that holds a password: it would be seen in lists of processes, histories and files.

    Raises:
        PersistenceError: It does, or it is no URL of a database. The message has none of it.
    """
    if _PASSWORD.match(unquote(url)) or _PASSWORD.search(unquote(url)):
        raise PersistenceError(
            "the URL of the PostgreSQL store holds a password, which has no place there: take it out, and give it "
            "in the environment variable PGPASSWORD or in ~/.pgpass"
        )
    found = _URL.fullmatch(url)
    query = (found["query"] or "") if found else ""
    pairs = [pair.partition("=") for pair in query.split("&")] if query else []
    names = [found["user"], found["database"]] if found else []
    names += [value for name, _, value in pairs if name in ("user", "dbname")]
    if (
        found is None
        or any(name not in _PARAMETERS or not equals for name, equals, _ in pairs)
        or any(not set(unquote(name or "")).isdisjoint(":/?#") for name in names)
        or any(set(unquote(value)) & set("@#") for _, _, value in pairs)
    ):
        raise PersistenceError(
            "the URL of the PostgreSQL store cannot be read; it has the form "
            "postgresql://[USER@]HOST[:PORT]/DATABASE[?sslmode=…]. A password has no place in it: give that in the "
            "environment variable PGPASSWORD or in ~/.pgpass"
        )
