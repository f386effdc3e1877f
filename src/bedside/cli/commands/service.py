"""Commands of the service: listen, and the keys of those who may ask it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from bedside.cli.options import CONSULTING, READING, STORE, Flags, takes

__all__ = ["keys", "mcp", "serve"]

keys = typer.Typer(
    add_completion=False, no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False,
    help="Make, list and revoke the keys of those who may ask the server.",
)  # fmt: skip


@takes(*CONSULTING, *READING, "igs", *STORE)
def serve(
    flags: Flags,
    host: Annotated[str, typer.Option(envvar="BEDSIDE_HOST", help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, envvar="BEDSIDE_PORT", help="Port.")] = 8321,
    host_name: Annotated[
        list[str] | None, typer.Option(help="A name by which browsers and records call the server.")
    ] = None,
    tls_certificate: Annotated[Path | None, typer.Option(help="Certificate chain, PEM.")] = None,
    tls_key: Annotated[Path | None, typer.Option(help="Key of the certificate, PEM.")] = None,
    trusted_proxy: Annotated[
        list[str] | None, typer.Option(help="Address of the proxy that ends TLS before this server.")
    ] = None,
    runs: Annotated[int, typer.Option(min=1, max=64, help="Runs carried out at once.")] = 2,
    waiting: Annotated[int, typer.Option(min=1, help="Runs that may wait; a further one is refused.")] = 200,
    issuer: Annotated[
        str, typer.Option(envvar="BEDSIDE_ISSUER", help="OpenID provider whose tokens are taken, its URL.")
    ] = "",
    audience: Annotated[
        str, typer.Option(envvar="BEDSIDE_AUDIENCE", help="What its tokens name as their audience.")
    ] = "bedside",
    client_id: Annotated[
        str, typer.Option(envvar="BEDSIDE_CLIENT_ID", help="Of the desk at that provider, to log in there.")
    ] = "",
    record: Annotated[
        list[str] | None,
        typer.Option(metavar="URL=CLIENT_ID", help="A FHIR server that may open the desk for a patient (SMART)."),
    ] = None,
    cds_client: Annotated[
        list[str] | None,
        typer.Option(metavar="ISSUER=JWKS_URL", help="A record that may call by CDS Hooks, and its public keys."),
    ] = None,
    fhir_server: Annotated[
        list[str] | None, typer.Option(metavar="URL", help="A FHIR server that a calling record may have read.")
    ] = None,
    send_to: Annotated[
        str, typer.Option(metavar="URL", help="Your own FHIR server, to send confirmed bundles on from the desk.")
    ] = "",
    fhir_client_id: Annotated[
        str, typer.Option(envvar="BEDSIDE_FHIR_CLIENT_ID", help="Of Bedside there (SMART Backend Services).")
    ] = "",
    fhir_client_key: Annotated[
        Path | None, typer.Option(envvar="BEDSIDE_FHIR_CLIENT_KEY", help="Private key of that client, PEM.")
    ] = None,
) -> None:
    """Serve the graphs and the review desk over HTTP; on this machine alone by default."""
    from bedside.cli.serving import serve_store
    from bedside.service.options import Neighbour, ServiceOptions

    settings = flags.settings()
    neighbour = Neighbour(send_to, fhir_client_id, fhir_client_key, tuple(settings.inside)) if send_to else None
    options = ServiceOptions(
        host=host,
        port=port,
        host_names=tuple(host_name or ()),
        tls_certificate=tls_certificate,
        tls_key=tls_key,
        trusted_proxy=tuple(trusted_proxy or ()),
        concurrency=runs,
        most_waiting=waiting,
        issuer=issuer,
        audience=audience,
        client_id=client_id,
        records=dict(_pair("--record", one) for one in record or ()),
        cds_clients=dict(_pair("--cds-client", one) for one in cds_client or ()),
        fhir_servers=tuple(fhir_server or ()),
        neighbour=neighbour,
    )
    serve_store(settings, options)


def _pair(option: str, given: str) -> tuple[str, str]:
    url, found, value = given.partition("=")
    if not found or not url or not value:
        raise typer.BadParameter("write a URL, = and what belongs to it", param_hint=option)
    return url, value


@takes(*READING, *STORE)
def mcp(
    notes: Annotated[list[str], typer.Argument(help="Notes that the agent may have read: files and folders.")],
    flags: Flags,
    inside_client: Annotated[
        bool,
        typer.Option(
            "--inside-client",
            help="The agent and the model behind it are the hospital's own: it receives words of the notes.",
        ),
    ] = False,
) -> None:
    """Tools for an agent (MCP) on standard input and output; what it receives was released, or is refused."""
    from bedside.cli.serving import serve_agent

    serve_agent(flags.settings(), notes, inside=inside_client)


@keys.command("add")
@takes(*STORE)
def add_key(
    name: Annotated[str, typer.Argument(help="Whose key it is, as Provenance and the audit trail name them.")],
    scope: Annotated[list[str], typer.Option(help="run, review, reidentify or admin. Repeat it for several.")],
    flags: Flags,
    days: Annotated[int | None, typer.Option(min=1, help="Days until it ends.  [never]")] = None,
) -> None:
    """Make a key and print it, this once."""
    from bedside.cli.serving import make_key

    make_key(flags.settings(), name, scope, timedelta(days=days) if days else None)


@keys.command("list")
@takes(*STORE)
def list_keys(flags: Flags) -> None:
    """List the keys: id, scopes, whose, when made, until when."""
    from bedside.cli.serving import list_all_keys

    list_all_keys(flags.settings())


@keys.command("revoke")
@takes(*STORE)
def revoke_key(
    key: Annotated[str, typer.Argument(help="Its id, as `bedside keys list` shows it.")], flags: Flags
) -> None:
    """Take a key away, at once and for all processes of the store."""
    from bedside.cli.serving import revoke

    revoke(flags.settings(), key)


@keys.command("jwks")
def print_jwks(
    key: Annotated[Path, typer.Argument(help="A private key, PEM: RSA, or elliptic on P-384.")],
) -> None:
    """Print the public part of a key as a JWKS, to register this program at a FHIR server."""
    from bedside.plugins import load_named

    typer.echo(load_named("bedside.servers", "fhir").public_jwks(key))
