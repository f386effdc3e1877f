"""SMART Backend Services (SMART App Launch 2.2): a token for this program, by a signed assertion, not a secret.

A private key stays in its file; the server knows the public one, which `public_jwks` prints for its operator.
"""

from __future__ import annotations

import json
import secrets
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx

from bedside.addresses import is_loopback
from bedside.errors import FhirServerError, InputError, MissingExtraError
from bedside.models.clients import client

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

__all__ = ["BackendClient", "public_jwks"]

ASSERTION_SECONDS = 240
"""The life of an assertion in seconds; the specification allows five minutes."""

TIMEOUT_SECONDS = 20.0
_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_OAUTH = "http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris"
_V2 = "permission-v2"
READ = "system/*.rs"
WRITE = "system/*.crus"
_FIRST = {READ: "system/*.read", WRITE: "system/*.read system/*.write"}
"""The scopes of the first version, for servers that do not know those of the second."""


@dataclass(frozen=True, slots=True)
class BackendClient:
    """This program as a client of a FHIR server.

    Attributes:
        id: Its client id at the server.
        key: A private key, PEM: RSA of 2,048 bits or more, or elliptic on P-384.
        write: Whether it asks to write too.
    """

    id: str
    key: Path
    write: bool = False

    def token(self, base: str) -> str:
        """Fetch an access token.

        Args:
            base: The FHIR base URL.

        Raises:
            InputError: The key cannot be used.
            FhirServerError: The server names no token endpoint, or gives no token.
            MissingExtraError: PyJWT is not installed.
        """
        with client(TIMEOUT_SECONDS) as http:
            configuration = _configuration(http, base.rstrip("/"))
            endpoint = _endpoint(configuration)
            form = {
                "grant_type": "client_credentials",
                "scope": self._scope(configuration),
                "client_assertion_type": _ASSERTION,
                "client_assertion": self.assertion(endpoint),
            }
            try:
                answer = http.post(endpoint, data=form, headers={"Accept": "application/json"})
                found = answer.json()
            except (httpx.HTTPError, ValueError):
                raise FhirServerError("the token endpoint cannot be reached, or its answer is no JSON") from None
        token = found.get("access_token") if isinstance(found, dict) else None
        if answer.status_code != 200 or not isinstance(token, str):
            why = str(found.get("error", "")) if isinstance(found, dict) else ""
            known = f" ({why})" if why in _ERRORS else ""
            raise FhirServerError(
                f"the server gives no token{known}: check client id, scopes, and that the public key is registered "
                "there (bedside keys jwks FILE prints it)",
                answer.status_code,
            )
        return token

    def assertion(self, endpoint: str) -> str:
        """Return a signed assertion for a token endpoint.

        Raises:
            InputError: The key cannot be used.
            MissingExtraError: PyJWT is not installed.
        """
        jwt = _pyjwt()
        key, algorithm = _private_key(self.key)
        now = int(time.time())
        claims = {
            "iss": self.id,
            "sub": self.id,
            "aud": endpoint,
            "iat": now,
            "exp": now + ASSERTION_SECONDS,
            "jti": secrets.token_urlsafe(24),
        }
        token: str = jwt.encode(claims, key, algorithm, headers={"kid": _public_jwk(key)["kid"]})
        return token

    def _scope(self, configuration: dict[str, Any]) -> str:
        scope = WRITE if self.write else READ
        capabilities = configuration.get("capabilities")
        return scope if capabilities is None or _V2 in capabilities else _FIRST[scope]


_ERRORS = frozenset(
    {"invalid_client", "invalid_grant", "invalid_request", "invalid_scope", "unauthorized_client", "access_denied"}
)
"""The errors of RFC 6749, section 5.2. What a server writes otherwise is not repeated."""


def public_jwks(path: Path) -> str:
    """Return the public part of a private key as a JWKS, for the server's operator.

    Raises:
        InputError: The key cannot be used.
        MissingExtraError: PyJWT is not installed.
    """
    key, algorithm = _private_key(path)
    return json.dumps({"keys": [{**_public_jwk(key), "alg": algorithm, "use": "sig"}]}, indent=2)


def _configuration(http: httpx.Client, base: str) -> dict[str, Any]:
    """Return a server's SMART configuration; without one, what its CapabilityStatement says of it."""
    if found := _fetched(http, f"{base}/.well-known/smart-configuration"):
        return found
    for rest in (_fetched(http, f"{base}/metadata") or {}).get("rest", [])[:1]:
        for extension in rest.get("security", {}).get("extension", []):
            if extension.get("url") == _OAUTH:
                urls = {one.get("url"): one.get("valueUri") for one in extension.get("extension", [])}
                return {"token_endpoint": urls.get("token")}
    raise FhirServerError(
        "the server names no token endpoint: neither .well-known/smart-configuration nor metadata"
    )


def _fetched(http: httpx.Client, url: str) -> dict[str, Any] | None:
    try:
        answer = http.get(url, headers={"Accept": "application/json"})
        found = answer.json() if answer.status_code == 200 else None
    except httpx.HTTPError as error:
        raise FhirServerError(f"the server cannot be reached ({type(error).__name__})") from None
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _endpoint(configuration: dict[str, Any]) -> str:
    url = str(configuration.get("token_endpoint", ""))
    parts = urlsplit(url)
    tls = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname or ""))
    if not parts.hostname or not tls:
        raise FhirServerError("the server's token endpoint is none that may be spoken to: https:// is needed")
    return url


def _private_key(path: Path) -> tuple[RSAPrivateKey | EllipticCurvePrivateKey, str]:
    from cryptography.hazmat.primitives.asymmetric import ec, rsa
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        key = load_pem_private_key(path.read_bytes(), None)
    except (OSError, ValueError, TypeError) as error:
        raise InputError(
            f"{path} is no private key that can be read: {type(error).__name__}; PEM is needed"
        ) from None
    if isinstance(key, rsa.RSAPrivateKey) and key.key_size >= 2048:
        return key, "RS384"
    if isinstance(key, ec.EllipticCurvePrivateKey) and key.curve.name == "secp384r1":
        return key, "ES384"
    raise InputError(f"{path} is neither RSA of 2,048 bits or more nor elliptic on P-384")


def _public_jwk(key: RSAPrivateKey | EllipticCurvePrivateKey) -> dict[str, str]:
    """Return the public key as a JWK whose `kid` is its thumbprint (RFC 7638)."""
    import base64
    import hashlib

    from cryptography.hazmat.primitives.asymmetric import rsa

    algorithms = _pyjwt().algorithms
    of = algorithms.RSAAlgorithm if isinstance(key, rsa.RSAPrivateKey) else algorithms.ECAlgorithm
    written = json.loads(of.to_jwk(key.public_key()))
    named = {name: written[name] for name in ("crv", "e", "kty", "n", "x", "y") if name in written}
    digest = hashlib.sha256(json.dumps(named, sort_keys=True, separators=(",", ":")).encode()).digest()
    return {**named, "kid": base64.urlsafe_b64encode(digest).rstrip(b"=").decode()}


def _pyjwt() -> Any:
    try:
        import jwt
    except ImportError:
        raise MissingExtraError("pyjwt", "smart") from None
    return jwt
