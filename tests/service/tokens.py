"""Keys and tokens of a provider that is not there, and tokens that nobody should believe."""

from __future__ import annotations

import base64
import hmac
import json
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

RSA_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
EC_KEY = ec.generate_private_key(ec.SECP384R1())
STRANGER = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PUBLIC_PEM = RSA_KEY.public_key().public_bytes(
    serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
)


def jwk(key: Any, kid: str, **more: str) -> dict[str, Any]:
    """Return the public part of a key as a JWK."""
    algorithm = RSAAlgorithm if isinstance(key, rsa.RSAPrivateKey) else ECAlgorithm
    found: dict[str, Any] = json.loads(algorithm.to_jwk(key.public_key()))
    return {**found, "kid": kid, **more}


def forged(token: str, algorithm: str, secret: bytes) -> str:
    """Return a token's claims with an HMAC under a secret, or unsigned: PyJWT itself refuses to make these."""

    def coded(data: bytes) -> str:
        return base64.urlsafe_b64encode(data).rstrip(b"=").decode()

    head = coded(json.dumps({"alg": algorithm, "typ": "JWT", "kid": "rsa"}).encode())
    body = token.split(".")[1]
    return f"{head}.{body}." + (coded(hmac.digest(secret, f"{head}.{body}".encode(), "sha256")) if secret else "")
