"""The command `bedside doctor`: what is configured, reachable and missing, each with the command that fixes it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from functools import partial

from bedside.cli.doctor_environment import INSTALLED
from bedside.cli.doctor_settings import CONFIGURED
from bedside.cli.findings import Finding, State, show_findings
from bedside.errors import BedsideError
from bedside.session.settings import Settings

__all__ = ["Finding", "State", "diagnose", "show_findings"]


def diagnose(settings: Settings, environ: Mapping[str, str] | None = None) -> list[Finding]:
    """Check everything that a run needs. Endpoints are only connected to: nothing of a case is sent.

    Args:
        environ: The environment, `os.environ` by default; of a secret only whether it is set is reported.
    """
    environ = os.environ if environ is None else environ
    checks: list[tuple[str, Callable[[], Iterable[Finding]]]] = [
        *((check.__name__, partial(check, settings)) for check in INSTALLED),
        *((check.__name__, partial(check, settings, environ)) for check in CONFIGURED),
    ]
    findings: list[Finding] = []
    for name, check in checks:
        try:
            findings += check()
        except Exception as error:  # what a check did not foresee is a finding, and not the end of the diagnosis
            said = str(error) if isinstance(error, BedsideError) else type(error).__name__
            findings.append(Finding(name.strip("_").replace("_", " "), State.BROKEN, said))
    return findings
