"""From a spec string to a model: where it answers, with which settings, who is inside, and what no spec may say."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from bedside.errors import EndpointError
from bedside.models import Endpoint
from bedside.models.backends.gguf import ChatGGUF
from bedside.models.backends.hf import ChatTransformers
from bedside.models.backends.openai import ChatServer
from bedside.models.chat import ProfiledChatModel
from bedside.models.keys import MODEL_KEY
from bedside.models.profiles import profile_for

HOME = Path.home()


@pytest.mark.parametrize(
    ("spec", "model", "origin", "inside"),
    [
        ("hf:google/medgemma-1.5-4b-it", "google/medgemma-1.5-4b-it", "hf:google/medgemma-1.5-4b-it", True),
        ("hf:./mine,adapter=a/b,bits=4", "./mine", "hf:./mine", True),
        ("gguf:/m/medgemma.gguf,mmproj=p.gguf,threads=2", "medgemma.gguf", "gguf:medgemma.gguf", True),
        ("openai:http://127.0.0.1:8080/v1#medgemma,max_tokens=99", "medgemma", "http://127.0.0.1:8080", False),
        ("openai:https://Models.Example.org/v1#google/medgemma-27b-it", "google/medgemma-27b-it",
         "https://models.example.org", False),
        ("scripted:answers.json", "scripted", "scripted", False),
    ],
)  # fmt: skip
def test_a_spec_says_where_a_model_answers(spec: str, model: str, origin: str, inside: bool) -> None:
    found = Endpoint.parse(spec)
    assert (found.model, found.origin, found.inside) == (model, origin, inside)
    assert (found.profile.name == "medgemma") is ("medgemma" in spec)
    assert found.declared([]).inside is inside


@pytest.mark.parametrize(
    ("spec", "kind", "settings"),
    [
        ("hf:x/y", ChatTransformers, {"model": "x/y", "adapter": "", "bits": 16, "max_tokens": None}),
        ("hf:~/m,adapter=~/a", ChatTransformers, {"model": f"{HOME}/m", "adapter": f"{HOME}/a"}),
        ("hf:x/y,bits=4,context=9,device=cpu", ChatTransformers, {"bits": 4, "context": 9, "device": "cpu"}),
        ("gguf:/m/x.gguf,mmproj=/m/p.gguf,threads=2,lookup=yes,max_tokens=7", ChatGGUF,
         {"model": "/m/x.gguf", "mmproj": "/m/p.gguf", "threads": 2, "lookup": True, "max_tokens": 7}),
        ("gguf:/data/My, folder/a,b.gguf,mmproj=/data/My, eye.gguf,threads=2", ChatGGUF,
         {"model": "/data/My, folder/a,b.gguf", "mmproj": "/data/My, eye.gguf", "threads": 2}),
        ("openai:http://h:1/v1#m,max_tokens=7", ChatServer,
         {"model": "m", "base_url": "http://h:1/v1", "timeout": 5, "max_tokens": 7, "context": None}),
        ("openai:http://h:1/v1#m,context=4096", ChatServer, {"context": 4096}),
        ("openai:http://h:1/v1#m,profile=gemma3", ChatServer, {"family": profile_for("gemma-3")}),
    ],
)  # fmt: skip
def test_what_follows_a_comma_is_a_setting_of_the_model(
    spec: str, kind: type[ProfiledChatModel], settings: dict[str, Any]
) -> None:
    model = Endpoint.parse(spec).chat_model(timeout=5)
    assert type(model) is kind
    assert {name: getattr(model, name) for name in settings} == settings


@pytest.mark.parametrize(
    ("specs", "says"),
    [
        (["", "openai:", "openai:foo#m", "openai:http://host/v1", "http://host/v1#m", "openai:ftp://host#m",
          "scripted:", "hf:"], "write (gguf|openai|scripted|hf):"),
        (["openai:http://user:hunter2@host/v1#m"], "BEDSIDE_API_KEY"),
        (["hf:x/y,bits=four", "hf:x/y,bits=0", "hf:x/y,bits=-4", "hf:x/y,bits=٤"], "whole number above 0"),
        (["hf:x/y,bits="], "has no setting 'bits'"),
        (["hf:x/y,bitz=4", "gguf:/a, b/c,d.gguf,bitz=4"], "has no setting 'bitz'"),
        (["hf:x/y,mmproj=z"], "has no setting 'mmproj'"),
        (["gguf:x.gguf,adapter=z"], "has no setting 'adapter'"),
        (["openai:http://h/v1#m,context=all"], "context of a model spec is a whole number"),
        (["openai:http://h/v1#m,bits=4"], "has no setting 'bits'"),
        (["hf:x/y,Bits=4", "hf:x/y,zebulon=quill"], "has no setting"),
        (["gguf:x.gguf,lookup=on"], "lookup of a model spec is yes or no"),
        (["hf:x/y,bits=4,bits=8"], "bits stands twice"),
        (["hf:x/y,profile=llama"], "no model profile 'llama'"),
    ],
)  # fmt: skip
def test_a_spec_that_is_not_understood_says_what_to_write_and_repeats_no_secret(
    specs: list[str], says: str
) -> None:
    for spec in specs:
        with pytest.raises(EndpointError, match=says) as raised:
            Endpoint.parse(spec)
        assert not re.search("hunter2|quill", str(raised.value))


@pytest.mark.parametrize(
    ("folder", "model_type", "family"),
    [
        ("models/mg15", "gemma3", "gemma3"),
        ("models/medgemma-4b", "gemma3", "medgemma"),
        ("medgemma-project/qwen3-4b", "qwen3", "generic"),
        ("medgemma-project/mine", "gemma3_text", "gemma3"),
        ("medgemma-project/mine", "gemma2", "txgemma"),
    ],
)
def test_a_folder_is_told_by_its_own_name_and_type_and_by_no_folder_above(
    tmp_path: Path, folder: str, model_type: str, family: str
) -> None:
    (tmp_path / folder).mkdir(parents=True)
    (tmp_path / folder / "config.json").write_text(f'{{"model_type": "{model_type}"}}')
    assert Endpoint.parse(f"hf:{tmp_path / folder}").profile.name == family
    assert Endpoint.parse(f"hf:{tmp_path / folder}/,profile=gemma3").profile.name == "gemma3"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "127.8.8.8"])
def test_this_machine_is_inside(host: str) -> None:
    endpoint = Endpoint.parse(f"openai:http://{host}:1/v1#m")
    assert endpoint.require_inside() is endpoint


@pytest.mark.parametrize("host", ["example.org", "10.0.0.7", "127.0.0.1.example.org", "localhost.example.org"])
def test_another_host_reads_private_notes_only_when_declared(host: str) -> None:
    endpoint = Endpoint.parse(f"openai:http://{host}/v1#m")
    with pytest.raises(EndpointError, match="--inside"):
        endpoint.require_inside()
    assert endpoint.require_inside([host]) is endpoint


def test_a_model_that_reads_notes_has_a_key_of_its_own() -> None:
    spec = "openai:http://127.0.0.1:1/v1#m"
    assert Endpoint.parse(spec).chat_model(timeout=5).key_variable == "BEDSIDE_API_KEY"  # type: ignore[attr-defined]
    local = Endpoint.parse(spec, key_variable=MODEL_KEY)
    assert local.declared([]).require_inside().chat_model(timeout=5).key_variable == MODEL_KEY  # type: ignore[attr-defined]
    with pytest.raises(EndpointError, match="set BEDSIDE_MODEL_API_KEY instead"):
        Endpoint.parse("openai:http://user:hunter2@host/v1#m", key_variable=MODEL_KEY)
