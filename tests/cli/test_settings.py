"""Settings by flag, environment and file, in that order; what is unknown or of the wrong type is refused."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from bedside.errors import InputError
from bedside.session.settings import KEYS, Settings, load_settings, passed_over

SPEC = "openai:https://models.example.org/v1#m"
FULL = """
consult = "openai:https://models.example.org/v1#m"
search = "duckduckgo"
search_sources = ["default", "c.example"]
model = "scripted:reader.json"
reader = "builtin"
inside = ["a.example", "b.example"]
timeout = 90
most_questions = 2
most_tokens = 9000
out = "results"
store = "cases"
key_file = "/etc/bedside/key"
prompts = "prompts"
rxnorm = "RXNCONSO.RRF"
snomed = ["concepts.txt", "/data/descriptions.txt"]
terminology_server = "https://a.example/fhir"
ear = "own.npz"
identifier_system = "https://a.example/ids"
review = true
igs = ["ward.tgz"]
consultants = { second = "scripted:second.json" }
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    (tmp_path / "home" / ".config" / "bedside").mkdir(parents=True)
    return tmp_path


def own(folder: Path) -> Path:
    """The user's own settings file."""
    return folder / "home" / ".config" / "bedside" / "bedside.toml"


def test_nothing_given_is_the_default_and_says_so(folder: Path) -> None:
    settings = load_settings({"consult": None, "inside": [], "review": None}, {})
    assert settings == Settings(sources=dict.fromkeys(KEYS, "default"))
    assert settings.timeout == 300.0


def test_a_file_holds_every_key(folder: Path) -> None:
    own(folder).write_text(FULL)
    settings = load_settings({}, {})
    assert settings.model_dump(exclude={"sources"}) == {
        "consult": SPEC,
        "search": "duckduckgo",
        "search_sources": ("default", "c.example"),
        "model": "scripted:reader.json",
        "reader": "builtin",
        "inside": ("a.example", "b.example"),
        "timeout": 90.0,
        "most_questions": 2,
        "most_tokens": 9000,
        "out": own(folder).parent / "results",
        "store": own(folder).parent / "cases",
        "key_file": Path("/etc/bedside/key"),
        "prompts": own(folder).parent / "prompts",
        "rxnorm": own(folder).parent / "RXNCONSO.RRF",
        "snomed": (own(folder).parent / "concepts.txt", Path("/data/descriptions.txt")),
        "terminology_server": "https://a.example/fhir",
        "ear": own(folder).parent / "own.npz",
        "identifier_system": "https://a.example/ids",
        "review": True,
        "consultants": {"second": "scripted:second.json"},
        "igs": (own(folder).parent / "ward.tgz",),
    }
    assert set(settings.sources.values()) == {f"file {own(folder)}"}


def test_flag_goes_before_environment_before_file_before_default(folder: Path) -> None:
    own(folder).write_text("timeout = 1\nout = 'file'\nreview = true\n")
    environ = {"BEDSIDE_TIMEOUT": "2", "BEDSIDE_OUT": "environment", "BEDSIDE_REVIEW": "false"}
    settings = load_settings({"timeout": 3.0, "out": None}, environ)
    assert (settings.timeout, settings.out, settings.review) == (3.0, Path("environment"), False)
    assert settings.sources["timeout"] == "--timeout"
    assert settings.sources["out"] == "BEDSIDE_OUT"
    assert settings.sources["review"] == "BEDSIDE_REVIEW"
    assert settings.sources["store"] == "default"


def test_the_environment_holds_every_key(folder: Path) -> None:
    words = {
        "CONSULT": SPEC,
        "SEARCH": "duckduckgo",
        "SEARCH_SOURCES": "default",
        "MODEL": "scripted:r.json",
        "READER": "builtin+model",
        "INSIDE": "a.example, b.example,",
        "TIMEOUT": "2.5",
        "MOST_QUESTIONS": "3",
        "MOST_TOKENS": "7000",
        "OUT": "o",
        "STORE": "s",
        "KEY_FILE": "k",
        "PROMPTS": "p",
        "RXNORM": "r.rrf",
        "SNOMED": "c.txt, d.txt",
        "TERMINOLOGY_SERVER": "http://127.0.0.1/fhir",
        "EAR": "off",
        "IDENTIFIER_SYSTEM": "urn:oid:2.25.1",
        "REVIEW": "true",
        "IGS": "ward.tgz, other.tgz",
        "CONSULTANTS": "second=openai:https://b.example/v1#m,profile=gemma third=scripted:t.json",
    }
    settings = load_settings({}, {f"BEDSIDE_{name}": word for name, word in words.items()})
    assert settings.inside == ("a.example", "b.example")
    assert (settings.timeout, settings.review) == (2.5, True)
    assert (settings.most_questions, settings.most_tokens) == (3, 7000)
    assert (settings.store, settings.key_file, settings.prompts) == (Path("s"), Path("k"), Path("p"))
    assert (settings.rxnorm, settings.snomed) == (Path("r.rrf"), (Path("c.txt"), Path("d.txt")))
    assert settings.ear == "off"
    assert settings.consultants == {
        "second": "openai:https://b.example/v1#m,profile=gemma",
        "third": "scripted:t.json",
    }
    assert settings.igs == (Path("ward.tgz"), Path("other.tgz"))
    assert {name.lower() for name in words} == set(KEYS)


@pytest.mark.parametrize("word", ["builtin", "off"])
def test_a_word_for_the_ear_is_no_path(folder: Path, word: str) -> None:
    own(folder).write_text(f"ear = '{word}'\n")
    assert load_settings({}, {}).ear == word


@pytest.mark.parametrize("by_flag", [True, False])
def test_another_file_is_named_by_flag_or_environment_and_its_paths_start_there(
    folder: Path, by_flag: bool
) -> None:
    own(folder).write_text("timeout = 1\n")
    (folder / "site").mkdir()
    file = folder / "site" / "other.toml"
    file.write_text("store = 'cases.db'\n")
    settings = load_settings({}, {} if by_flag else {"BEDSIDE_SETTINGS": str(file)}, file if by_flag else None)
    assert settings.store == folder / "site" / "cases.db"
    assert settings.timeout == 300.0
    assert settings.sources["store"] == f"file {file}"


def test_a_store_may_be_a_postgresql_url_wherever_the_file_lies(folder: Path) -> None:
    url = "postgresql://me@db.example/bedside?sslmode=verify-full"
    (folder / "site").mkdir()
    (folder / "site" / "b.toml").write_text(f"store = '{url}'\n")
    assert load_settings({}, {}, folder / "site" / "b.toml").store == url
    assert load_settings({"store": url}, {}).store == url
    assert load_settings({}, {"BEDSIDE_STORE": url}).store == url


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("conslut = 'x'", "bedside.toml: the key 'conslut' is unknown; the nearest is 'consult'"),
        ("zzz = 1", "is unknown; the nearest is"),
        ("[consult]\nspec = 'x'", "bedside.toml: consult must be text"),
        ("api_key = 'hunter2'", r"comes from BEDSIDE_API_KEY \(consult\) or BEDSIDE_MODEL_API_KEY \(model\) only"),
        ("most_questions = 2.5", "bedside.toml: most_questions must be a whole number, at least 0"),
        ("most_tokens = -1", "bedside.toml: most_tokens must be a whole number, at least 0"),
        ("timeout = '60'", "bedside.toml: timeout must be a number of seconds"),
        ("timeout = true", "bedside.toml: timeout must be a number of seconds"),
        ("timeout = 0", "bedside.toml: timeout must be a number of seconds, at least 0.1"),
        ("timeout = inf", "bedside.toml: timeout must be a number of seconds"),
        ("inside = 'hunter2.example'", "bedside.toml: inside must be a list of hosts"),
        ("inside = ['a', 3]", "bedside.toml: inside must be a list of hosts"),
        ("review = 'yes'", "bedside.toml: review must be true or false"),
        ("review = 1", "bedside.toml: review must be true or false"),
        ("store = ''", "bedside.toml: store must be text"),
        ("store = 'postgresql://me:hunter2@db.example/x'", "bedside.toml: the URL of the PostgreSQL store holds a"),
        ("store = 'postgresql://db.example/x?password=hunter2'", "PGPASSWORD"),
        (
            "store = 'postgresql://me:hun#hunter2@db.example/x'",
            "bedside.toml: the URL of the PostgreSQL store holds",
        ),
        (
            "store = 'postgresql+psycopg://me:hunter2@db.example/x'",
            "bedside.toml: the store is neither a folder nor",
        ),
        ("store = 'host=db.example password=hunter2'", "bedside.toml: the store is neither a folder nor a URL"),
        ("sources = {}", "the key 'sources' is unknown"),
        ("consult = hunter2", r"is not TOML \(at line 1, column"),
        ('consult = "hunter2', r"is not TOML \(at"),
    ],
)
def test_what_a_file_may_not_hold_is_named_without_its_value(folder: Path, content: str, message: str) -> None:
    own(folder).write_text(content)
    with pytest.raises(InputError, match=message) as raised:
        load_settings({}, {})
    assert "hunter2" not in str(raised.value)


@pytest.mark.parametrize(
    ("environ", "message"),
    [
        ({"BEDSIDE_TIMEOUT": "hunter2"}, "BEDSIDE_TIMEOUT: timeout must be a number of seconds"),
        ({"BEDSIDE_REVIEW": "hunter2"}, "BEDSIDE_REVIEW: review must be true or false"),
        ({"BEDSIDE_CONSLUT": "hunter2"}, "BEDSIDE_CONSLUT' is unknown; did you mean BEDSIDE_CONSULT"),
        ({"BEDSIDE_SETTINGS": "nowhere.toml"}, "settings file nowhere.toml cannot be read: No such file"),
    ],
)
def test_what_the_environment_may_not_hold_is_named_without_its_value(
    folder: Path, environ: Mapping[str, str], message: str
) -> None:
    with pytest.raises(InputError, match=message) as raised:
        load_settings({}, environ)
    assert "hunter2" not in str(raised.value)


def test_variables_of_others_are_left_alone(folder: Path) -> None:
    environ = {
        "BEDSIDE_API_KEY": "x",
        "BEDSIDE_MODEL_API_KEY": "x",
        "BEDSIDE_WEIGHTS": ".weights",
        "BEDSIDE_TEST_VENV": "v",
        "HOME": "/",
        "BEDSIDE_STORE": "",
    }
    assert load_settings({}, environ) == load_settings({}, {})


@pytest.mark.parametrize(
    ("flags", "message"),
    [({"timeout": 0}, "--timeout: timeout must be"), ({"colour": "red"}, "the command line: the key 'colour'")],
)
def test_a_wrong_flag_is_named(folder: Path, flags: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        load_settings(flags, {})


def test_a_file_of_another_encoding_or_a_folder_is_an_error(folder: Path) -> None:
    (folder / "latin.toml").write_bytes(b"out = 'caf\xe9'")
    with pytest.raises(InputError, match="is not UTF-8, at byte 10"):
        load_settings({}, {}, folder / "latin.toml")
    with pytest.raises(InputError, match="cannot be read: Is a directory"):
        load_settings({}, {}, folder)


def test_settings_do_not_change(folder: Path) -> None:
    with pytest.raises(ValidationError, match="frozen"):
        load_settings({}, {}).timeout = 1.0  # type: ignore[misc]


def test_guarantee_a_settings_file_among_the_notes_chooses_nothing(folder: Path) -> None:
    (folder / "bedside.toml").write_text(
        "consult = 'openai:https://evil.example/v1#m'\ninside = ['evil.example']\n"
    )
    settings = load_settings({}, {})
    assert (settings.consult, settings.inside) == (None, ())
    said = passed_over(None, {})
    assert "is not read" in said
    assert "--settings bedside.toml" in said
    assert not passed_over(Path("bedside.toml"), {})
    assert not passed_over(None, {"BEDSIDE_SETTINGS": "other.toml"})


def test_the_users_own_file_is_found_where_xdg_says(folder: Path) -> None:
    (folder / "xdg" / "bedside").mkdir(parents=True)
    (folder / "xdg" / "bedside" / "bedside.toml").write_text("timeout = 7\n")
    assert load_settings({}, {"XDG_CONFIG_HOME": str(folder / "xdg")}).timeout == 7.0
