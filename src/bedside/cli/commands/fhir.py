"""Commands on FHIR from any source: validate, read as prose, send."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bedside.cli.options import Flags, takes

__all__ = ["prose", "send", "validate"]

ClientId = Annotated[
    str, typer.Option(envvar="BEDSIDE_FHIR_CLIENT_ID", help="Of Bedside at the server (SMART Backend Services).")
]
ClientKey = Annotated[
    Path | None, typer.Option(envvar="BEDSIDE_FHIR_CLIENT_KEY", help="Private key of that client, PEM.")
]


@takes("igs")
def validate(
    flags: Flags,
    resource: Annotated[
        str,
        typer.Argument(metavar="BUNDLE", help="A file of FHIR R4 (JSON, XML, NDJSON), or - for standard input."),
    ],
    profiles: Annotated[
        str,
        typer.Option(
            help="declared (by meta.profile), us-core (US Core 7.0.0 by type too), or the URL of a profile."
        ),
    ] = "declared",
    as_json: Annotated[bool, typer.Option("--json", help="Print an OperationOutcome.")] = False,
) -> None:
    """Check anyone's FHIR R4 bundle or resource; exit code 0 if it is valid, 1 if not."""
    from bedside.cli.validation import PROFILES, validate_file

    if profiles not in PROFILES and "://" not in profiles:
        known = ", ".join(PROFILES)
        raise typer.BadParameter(f"write one of {known}, or the URL of a profile", param_hint="--profiles")
    raise typer.Exit(validate_file(resource, profiles, flags.settings().igs, as_json=as_json))


@takes("inside")
def prose(
    flags: Flags,
    resource: Annotated[
        str | None,
        typer.Argument(metavar="[BUNDLE]", help="A file of FHIR R4 (JSON, XML, NDJSON), or - for standard input."),
    ] = None,
    server: Annotated[
        str | None, typer.Option("--from", help="Base URL of a FHIR server, instead of a file.")
    ] = None,
    patient: Annotated[str | None, typer.Option(help="Id of the patient on that server.")] = None,
    client_id: ClientId = "",
    client_key: ClientKey = None,
) -> None:
    """Anyone's FHIR R4 bundle, or a patient's record on a server, as short prose with references."""
    from bedside.cli.fhir_server import Client, prose_of_file, prose_of_patient

    if resource is not None and server is None and patient is None:
        typer.echo(prose_of_file(resource), nl=False)
    elif resource is None and server is not None and patient is not None:
        hosts = flags.settings().inside
        typer.echo(prose_of_patient(server, patient, hosts, Client(client_id, client_key)), nl=False)
    else:
        raise typer.BadParameter("give a file, or --from URL and --patient ID")


@takes("inside")
def send(
    bundle: Annotated[
        str, typer.Argument(metavar="BUNDLE", help="A transaction, as `bedside run` writes it, or -.")
    ],
    server: Annotated[str, typer.Option("--to", help="Base URL of your own FHIR server.")],
    flags: Flags,
    client_id: ClientId = "",
    client_key: ClientKey = None,
) -> None:
    """Send a bundle, the patient's name and all, to your FHIR server. Token: BEDSIDE_FHIR_TOKEN."""
    from bedside.cli.fhir_server import Client, send_file

    send_file(bundle, server, flags.settings().inside, Client(client_id, client_key))
