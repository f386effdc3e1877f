"""The settings: from a flag, then the environment, then one TOML file, then the default."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from bedside.errors import InputError, PersistenceError, safe_name
from bedside.flow.services import Reader
from bedside.models.keys import CONSULT_KEY, MODEL_KEY
from bedside.persistence import is_postgres, store_address

__all__ = ["BUILTIN", "DEFAULT_FILE", "OFF", "Settings", "default_file", "load_settings", "passed_over"]

DEFAULT_FILE = "bedside.toml"
BUILTIN, OFF = "builtin", "off"
"""The words that the setting `ear` accepts besides a file."""

# Variables of this prefix that are no settings: a secret has no place in a file.
_OTHER_VARIABLES = (
    CONSULT_KEY, MODEL_KEY, "BEDSIDE_FHIR_TOKEN", "BEDSIDE_SETTINGS", "BEDSIDE_TERMS",
    # of single commands
    "BEDSIDE_FHIR_CLIENT", "BEDSIDE_HOST", "BEDSIDE_PORT", "BEDSIDE_ISSUER", "BEDSIDE_AUDIENCE", "BEDSIDE_CLIENT_",
)  # fmt: skip


class Settings(BaseModel):
    """The settings of the command line.

    Attributes:
        consult: Spec of the remote model for released questions.
        consultants: Specs of further remote models by name, for graphs that ask several.
        search: Spec of the search engine for released queries.
        search_sources: Hosts whose pages a search may show; "default" stands for those that come with Bedside.
        model: Spec of the local model.
        reader: The reader of notes: "builtin", "model", or "builtin+model", which without a model is the former.
        inside: Hosts that are your own and may read private data.
        timeout: Seconds for one call of a model.
        most_questions: The most questions that a case asks a remote model, further rounds aside.
        most_tokens: The most tokens that a case may cost there, prompts and longest answers together.
        out: Folder for results.
        store: The sealed case store: a folder, or the URL of a PostgreSQL database without a password; without it
            cases live in memory.
        key_file: The store's key, 32 random bytes with mode 0600.
        rxnorm: Your `RXNCONSO.RRF`, which gives drugs their codes.
        snomed: Your SNOMED CT: two RF2 snapshots, of concepts and of descriptions, or one list.
        terminology_server: Base URL of a FHIR terminology server inside, asked for codes of drugs and allergens.
        ear: The second ear beside the rules: "builtin", "off", or the file of one of your own.
        identifier_system: System of the identifiers in bundles, an absolute URI of your own.
        prompts: Folder whose prompt templates override the installed ones.
        igs: FHIR packages (.tgz) of implementation guides to whose profiles bundles are held.
        review: Whether a person reviews each case.
        sources: The source of each value, in words.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    consult: str | None = None
    consultants: Mapping[str, str] = Field(default_factory=dict)
    search: str | None = None
    search_sources: tuple[str, ...] = ("default",)
    model: str | None = None
    reader: Reader = "builtin+model"
    inside: tuple[str, ...] = ()
    timeout: float = Field(default=300.0, ge=0.1, allow_inf_nan=False)
    most_questions: int = Field(default=5, ge=0)
    most_tokens: int = Field(default=100_000, ge=0)
    out: Path = Path()
    store: Path | str | None = None
    key_file: Path | None = None
    rxnorm: Path | None = None
    snomed: tuple[Path, ...] = Field(default=(), max_length=2)
    terminology_server: str | None = None
    ear: str | Path = BUILTIN
    identifier_system: str = ""
    prompts: Path | None = None
    igs: tuple[Path, ...] = ()
    review: bool = False
    sources: Mapping[str, str] = Field(default_factory=dict)

    @field_validator("store")
    @classmethod
    def _folder_or_url(cls, store: Path | str | None) -> Path | str | None:
        return store_address(store) if isinstance(store, str) else store


READERS = get_args(Reader)

is_consultant = re.compile(r"[a-z][a-z0-9_]{0,30}").fullmatch
"""A predicate: true if a word may name a consultant."""

KEYS = tuple(name for name in Settings.model_fields if name != "sources")


@dataclass(frozen=True, slots=True)
class _Kind:
    """The type of a key in a file, and the parser of its word in the environment."""

    says: str
    fits: Callable[[Any], bool]
    of_word: Callable[[str], object] = str


def _listed(word: str) -> list[str]:
    """Return the parts of a word of the environment, between commas."""
    return [one.strip() for one in word.split(",") if one.strip()]


_HOSTS = _Kind(
    'a list of hosts: ["a.example", "b.example"] in a file, a.example,b.example in the environment',
    lambda value: isinstance(value, list) and all(isinstance(host, str) and host for host in value),
    _listed,
)
_FILES = _Kind(
    'one or two files: ["a.txt", "b.txt"] in a file, a.txt,b.txt in the environment',
    lambda value: isinstance(value, list) and 0 < len(value) <= 2 and all(isinstance(one, str) for one in value),
    _listed,
)
_NAMED = _Kind(
    'a table of names in small letters and specs: second = "openai:…" in a file; second=openai:… in the '
    "environment, several with a blank between them",
    lambda value: (
        isinstance(value, dict) and all(is_consultant(name) and isinstance(one, str) for name, one in value.items())
    ),
    lambda word: dict(one.partition("=")[::2] for one in word.split()),
)
_PACKAGES = _Kind(
    'a list of files: ["guide.tgz"] in a file, guide.tgz,other.tgz in the environment',
    lambda value: isinstance(value, list) and all(isinstance(one, str) for one in value),
    _listed,
)
_TEXT = _Kind('text, such as "…"', lambda value: isinstance(value, str) and bool(value))
_COUNT = _Kind("a whole number, at least 0", lambda value: isinstance(value, int) and not isinstance(value, bool))
_KINDS = {
    **dict.fromkeys(("most_questions", "most_tokens"), _COUNT),
    **dict.fromkeys(
        (
            "consult",
            "search",
            "model",
            "out",
            "store",
            "key_file",
            "prompts",
            "rxnorm",
            "terminology_server",
            "ear",
            "identifier_system",
        ),
        _TEXT,
    ),
    "consultants": _NAMED,
    "snomed": _FILES,
    "igs": _PACKAGES,
    "reader": _Kind(f"one of {', '.join(READERS)}", lambda value: value in READERS),
    "inside": _HOSTS,
    "search_sources": _HOSTS,
    "timeout": _Kind(
        "a number of seconds, at least 0.1",
        lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    ),
    "review": _Kind("true or false", lambda value: isinstance(value, bool)),
}
_PATHS = ("out", "store", "key_file", "prompts", "rxnorm", "ear")
_WORDS = {"ear": (BUILTIN, OFF)}
"""The words that are no path, under keys that take one."""
_LISTS_OF_PATHS = ("snomed", "igs")


def load_settings(
    values: Mapping[str, object | None], environ: Mapping[str, str], file: Path | None = None, *, flags: bool = True
) -> Settings:
    """Return the settings from all their sources.

    Args:
        values: The values of the command line, or a caller in Python, by key; `None` or an empty list for nothing.
        environ: The environment: `BEDSIDE_CONSULT`, `BEDSIDE_TIMEOUT`, …
        file: The file that `--settings` named. Without it `BEDSIDE_SETTINGS` counts, and then `bedside.toml` in the
            user's own configuration folder where there is one (`default_file`). One that lies in the current folder
            is not read: it may have come with the notes, and would choose where they go. A relative path in a file
            starts at the file's folder.
        flags: Whether `values` are flags of the command line: so errors call them. In Python no file is read that
            was not named.

    Raises:
        InputError: The file cannot be read, a key is unknown, a value is of the wrong type, or the store's URL
            holds a password. The message names file or variable and key, and no value: it may be a secret.
    """
    given = {key: value for key, value in values.items() if value is not None and value != []}
    _check_keys(given, "the command line" if flags else "the services")
    path = _file(file, environ) if flags else file
    chosen: dict[str, object] = {}
    sources = dict.fromkeys(KEYS, "default")
    # The weakest first: what comes later replaces it.
    for found, source in (
        (_from_file(path) if path else {}, lambda key: f"file {path}"),
        (_from_environment(environ), _variable),
        (given, lambda key: f"--{key.replace('_', '-')}" if flags else f"{key}="),
    ):
        chosen.update(found)
        sources.update({key: source(key) for key in found})
    try:
        settings = Settings.model_validate({**chosen, "sources": sources})
    except ValidationError as error:
        key = str(error.errors(include_input=False)[0]["loc"][0])
        raise _wrong_type(sources[key], key) from None
    except PersistenceError as error:
        raise InputError(f"{sources['store']}: {error}") from None
    return settings


def _file(file: Path | None, environ: Mapping[str, str]) -> Path | None:
    if file is None and (named := environ.get("BEDSIDE_SETTINGS")):
        file = Path(named)
    if file is not None:
        return file
    own = default_file(environ)
    return own if own.is_file() else None


def default_file(environ: Mapping[str, str]) -> Path:
    """Return the settings file of this user: `$XDG_CONFIG_HOME/bedside/bedside.toml`, or below `~/.config`."""
    home = Path(environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    return home / "bedside" / DEFAULT_FILE


def passed_over(file: Path | None, environ: Mapping[str, str]) -> str:
    """Return a remark on a settings file in the current folder that is not read; empty where there is none."""
    here = Path(DEFAULT_FILE)
    if file is not None or environ.get("BEDSIDE_SETTINGS") or not here.is_file():
        return ""
    return (
        f"{DEFAULT_FILE} in this folder is not read: it may have come with the notes. If it is yours, name it: "
        f"--settings {DEFAULT_FILE}, or move it to {default_file(environ)}"
    )


def _from_file(path: Path) -> dict[str, object]:
    try:
        with path.open("rb") as file:
            found = tomllib.load(file)
    except OSError as error:
        raise InputError(f"settings file {path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise InputError(f"settings file {path} is not UTF-8, at byte {error.start}") from None
    except tomllib.TOMLDecodeError as error:
        # Its message may quote the file; where it ends in a place, that is enough.
        place = re.search(r"\(at .+\)$", str(error))
        raise InputError(f"settings file {path} is not TOML {place.group() if place else ''}".rstrip()) from None
    _check_keys(found, f"settings file {path}")
    for key, value in found.items():
        if not _KINDS[key].fits(value):
            raise _wrong_type(f"file {path}", key)
    try:
        # An address must be seen as it was written: as part of a path it would be a folder.
        taken = {key: store_address(value) if key == "store" else value for key, value in found.items()}
    except PersistenceError as error:
        raise InputError(f"file {path}: {error}") from None
    lists: dict[str, Any] = {key: found[key] for key in _LISTS_OF_PATHS if key in found}
    taken |= {key: [path.parent / one for one in names] for key, names in lists.items()}
    return {key: path.parent / value if _is_path(key, value) else value for key, value in taken.items()}


def _is_path(key: str, value: Any) -> bool:
    return key in _PATHS and value not in _WORDS.get(key, ()) and not is_postgres(value)


def _from_environment(environ: Mapping[str, str]) -> dict[str, object]:
    known = {_variable(key): key for key in KEYS}
    found: dict[str, object] = {}
    for name, word in environ.items():
        if name in known:
            if word:  # an empty variable is as good as none
                found[known[name]] = _KINDS[known[name]].of_word(word)
            continue
        # Other programs may have variables of this prefix; a typing error must not be ignored.
        own = name.startswith("BEDSIDE_") and not name.startswith(_OTHER_VARIABLES)
        if own and (near := difflib.get_close_matches(name, known, n=1, cutoff=0.85)):
            raise InputError(f"the environment variable {safe_name(name)} is unknown; did you mean {near[0]}?")
    return found


def _variable(key: str) -> str:
    return f"BEDSIDE_{key.upper()}"


def _check_keys(found: Mapping[str, object], where: str) -> None:
    for key in found:
        if key in KEYS:
            continue
        if "api" in key.lower() or "secret" in key.lower() or "password" in key.lower():
            raise InputError(
                f"{where}: {safe_name(key)} is no setting; a model server's key comes from {CONSULT_KEY} (consult) "
                f"or {MODEL_KEY} (model) only"
            )
        near = difflib.get_close_matches(key, KEYS, n=1, cutoff=0)[0]
        raise InputError(
            f"{where}: the key {safe_name(key)} is unknown; the nearest is {near!r}. Known: {', '.join(KEYS)}"
        )


def _wrong_type(source: str, key: str) -> InputError:
    return InputError(f"{source}: {key} must be {_KINDS[key].says}")
