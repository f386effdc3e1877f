"""The options of `bedside serve` beside the settings of a run."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bedside.addresses import is_loopback
from bedside.errors import InputError

__all__ = ["Neighbour", "ServiceOptions", "default_store"]


@dataclass(frozen=True, slots=True)
class Neighbour:
    """The hospital's own FHIR server, which gets a patient's record whole, by a person's word.

    Attributes:
        url: Its base URL.
        client_id: Of this server there, for SMART Backend Services; empty where a token is set, or none is needed.
        client_key: The private key of that client, PEM.
        inside: Hosts that may be spoken to without TLS.
    """

    url: str
    client_id: str = ""
    client_key: Path | None = None
    inside: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if bool(self.client_id) != bool(self.client_key):
            raise InputError("give --fhir-client-id and --fhir-client-key together")


@dataclass(frozen=True, slots=True)
class ServiceOptions:
    """The address, limits and partners of the server.

    Attributes:
        host: Address that it binds.
        port: Port.
        host_names: Names by which browsers and records call it; by default those of the loopback.
        tls_certificate: Its certificate chain, PEM.
        tls_key: The key of that, PEM.
        trusted_proxy: Addresses of a proxy that ends TLS before it; its forwarding headers are believed.
        concurrency: Runs that are carried out at once in this process.
        most_waiting: Runs that may wait; a further one is answered with 429.
        issuer: URL of an OpenID provider whose tokens are taken, or empty.
        audience: What those tokens must name as their audience.
        client_id: Of the desk at that provider; the desk then offers to log in there.
        records: FHIR servers that may open the desk for a patient (SMART App Launch), with its client id there.
        cds_clients: Records that may call by CDS Hooks: the address of their keys (JWKS) by their issuer.
        fhir_servers: FHIR servers from which a calling record may have its patient's resources read.
        neighbour: The FHIR server to which a person sends a confirmed bundle on, or `None`.
    """

    host: str = "127.0.0.1"
    port: int = 8321
    host_names: tuple[str, ...] = ()
    tls_certificate: Path | None = None
    tls_key: Path | None = None
    trusted_proxy: tuple[str, ...] = ()
    concurrency: int = 2
    most_waiting: int = 200
    issuer: str = ""
    audience: str = "bedside"
    client_id: str = ""
    records: Mapping[str, str] = field(default_factory=dict)
    cds_clients: Mapping[str, str] = field(default_factory=dict)
    fhir_servers: tuple[str, ...] = ()
    neighbour: Neighbour | None = None

    @property
    def is_local(self) -> bool:
        """True if it listens to this machine alone."""
        return is_loopback(self.host)

    @property
    def secure(self) -> bool:
        """True if browsers reach it by TLS."""
        return self.tls_certificate is not None or bool(self.trusted_proxy)

    @property
    def hosts(self) -> frozenset[str]:
        """The names that the Host header may hold."""
        own = {"localhost", "127.0.0.1", "[::1]"} if self.is_local else {self.host}
        return frozenset({name.lower() for name in self.host_names} | own)

    def check(self, *, has_keys: bool) -> None:
        """Refuse to listen beyond this machine without keys and TLS.

        Args:
            has_keys: Whether an API key was made in the store.

        Raises:
            InputError: The server would be open to others, or certificate and key are not both there.
        """
        if (self.tls_certificate is None) != (self.tls_key is None):
            raise InputError("give --tls-certificate and --tls-key together")
        for path in (self.tls_certificate, self.tls_key):
            if path is not None and not path.is_file():
                raise InputError(f"{path} is no file")
        if self.is_local:
            return
        if not self.secure:
            raise InputError(
                f"{self.host} can be reached from other machines, and notes would travel in clear: give "
                "--tls-certificate and --tls-key, or name the proxy that ends TLS with --trusted-proxy ADDRESS, or "
                "listen on 127.0.0.1"
            )
        if not (has_keys or self.issuer):
            raise InputError(
                f"{self.host} can be reached from other machines, and nobody could be told apart: make a key "
                "first (bedside keys add NAME --scope run), or name an OpenID provider with --issuer"
            )
        if not self.host_names:
            raise InputError(
                f"name how {self.host} is called by browsers and records: --host-name ward.example.org"
            )


def default_store() -> Path:
    """Return where the cases of a server lie for which no store is named: the user's own data folder."""
    data = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    return data / "bedside" / "store"
