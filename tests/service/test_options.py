"""How a server may listen: beyond this machine only with TLS, keys and the names by which it is called."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
import yaml

from bedside.errors import InputError
from bedside.service import ServiceOptions
from bedside.service.desk import routes

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("options", "has_keys", "says"),
    [
        ({"host": "0.0.0.0"}, True, "notes would travel in clear"),
        ({"host": "10.0.0.7", "trusted_proxy": ("10.0.0.1",)}, False, "nobody could be told apart"),
        ({"host": "10.0.0.7", "trusted_proxy": ("10.0.0.1",)}, True, "--host-name"),
        ({"tls_certificate": Path("missing.pem")}, True, "together"),
        ({"tls_certificate": Path("missing.pem"), "tls_key": Path("missing.key")}, True, "is no file"),
    ],
)
def test_guarantee_a_server_that_others_can_reach_does_not_start_open(
    options: dict[str, object], has_keys: bool, says: str
) -> None:
    with pytest.raises(InputError, match=says):
        ServiceOptions(**options).check(has_keys=has_keys)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("options", "has_keys"),
    [
        ({}, False),
        ({"host": "::1"}, False),
        ({"host": "0.0.0.0", "trusted_proxy": ("10.0.0.1",), "host_names": ("ward.example",)}, True),
        (
            {
                "host": "0.0.0.0",
                "trusted_proxy": ("10.0.0.1",),
                "host_names": ("ward.example",),
                "issuer": "https://id.example",
            },
            False,
        ),
    ],
)
def test_a_server_with_all_of_it_starts(options: dict[str, object], has_keys: bool) -> None:
    ServiceOptions(**options).check(has_keys=has_keys)  # type: ignore[arg-type]


def test_htmx_is_the_file_that_the_notice_names() -> None:
    data = (routes.HERE / "static" / "htmx.min.js").read_bytes()
    assert hashlib.sha256(data).hexdigest() in (ROOT / "NOTICE").read_text(encoding="utf-8")


def test_the_compose_file_keeps_what_reads_records_from_the_world() -> None:
    compose = yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text(encoding="utf-8"))
    assert compose["networks"]["inside"] == {"internal": True}
    for name in ("database", "medgemma-4b", "medgemma-27b"):
        service = compose["services"][name]
        assert list(service["networks"]) == ["inside"], name
        assert "ports" not in service, name
