"""Starts the real OpenID provider of `provider.mjs`, and walks its pages as a person would."""

from __future__ import annotations

import html
import json
import os
import re
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urljoin

import httpx
import jwt
import pytest

HERE = Path(__file__).parent
PACKAGES = HERE.parents[1] / ".tools"
PATIENT = "synthetic-1"


def node_modules() -> Path:
    """Return the folder of npm's packages, or skip the test."""
    if not (PACKAGES / "node_modules" / "oidc-provider").is_dir() or not shutil.which("node"):
        pytest.skip("needs node, and oidc-provider in .tools; .ci/run brings it")
    return PACKAGES


@dataclass(frozen=True)
class OpenId:
    """A running provider."""

    issuer: str

    def token(self, client: str, secret: str, scope: str) -> str:
        """Return an access token of a client."""
        form = {"grant_type": "client_credentials", "scope": scope}
        answer = httpx.post(f"{self.issuer}/token", data=form, auth=(client, secret), timeout=10)
        assert answer.status_code == 200, answer.text
        token: str = answer.json()["access_token"]
        return token

    def walk(self, url: str, callback: str, person: str) -> str:
        """Log in and consent at the provider; return the URL to which it sends the browser back."""
        with httpx.Client(timeout=10) as browser:
            for _ in range(12):
                answer = browser.get(url)
                while answer.status_code in (302, 303):
                    url = urljoin(url, answer.headers["location"])
                    if url.startswith(callback):
                        return url
                    answer = browser.get(url)
                action = re.search(r'action="([^"]+)"', answer.text)
                assert action, (answer.status_code, answer.text[-500:])
                prompt = dict(re.findall(r'name="(prompt)" value="(\w+)"', answer.text))
                form = {**prompt, "login": person, "password": "any"}
                posted = browser.post(urljoin(url, html.unescape(action[1])), data=form)
                url = urljoin(url, posted.headers["location"])
        raise AssertionError("the provider did not send the browser back")


@contextmanager
def running(folder: Path, clients: list[dict[str, Any]], *, seconds: int = 300) -> Iterator[OpenId]:
    """Run a provider with these clients; its tokens last so many seconds."""
    packages = node_modules()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        issuer = f"http://127.0.0.1:{free.getsockname()[1]}"
    settings = {"issuer": issuer, "clients": clients, "audience": "bedside", "seconds": seconds, "patient": PATIENT}
    (folder / "provider.json").write_text(json.dumps(settings), encoding="utf-8")
    command = ["node", str(HERE / "provider.mjs"), str(folder / "provider.json")]
    environment = {**os.environ, "PACKAGES": str(packages), "NODE_NO_WARNINGS": "1"}
    with (folder / "provider.log").open("w") as log:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, env=environment, text=True)
        try:
            assert process.stdout is not None
            for line in process.stdout:
                if line.strip() == "ready":
                    break
            else:
                raise AssertionError((folder / "provider.log").read_text()[-2_000:])
            yield OpenId(issuer)
        finally:
            process.terminate()
            process.wait(10)


def public_client(id: str, *redirects: str) -> dict[str, Any]:
    return {
        "client_id": id,
        "redirect_uris": list(redirects),
        "token_endpoint_auth_method": "none",
        "grant_types": ["authorization_code"],
        "response_types": ["code"],
    }


def secret_client(id: str, secret: str) -> dict[str, Any]:
    return {
        "client_id": id,
        "client_secret": secret,
        "redirect_uris": [],
        "response_types": [],
        "grant_types": ["client_credentials"],
        "token_endpoint_auth_method": "client_secret_basic",
    }


def query_of(url: str) -> dict[str, str]:
    return dict(parse_qsl(url.partition("?")[2]))


def claims_of(token: str) -> dict[str, Any]:
    """Return the claims of a token, unverified: a test looks at what the provider wrote."""
    claims: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return claims
