"""The checks of `bedside doctor` on this machine: Python, packages, graphs, prompts, code tables."""

from __future__ import annotations

import platform
import shlex
from collections.abc import Callable, Iterable, Iterator
from importlib import metadata

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from bedside.boundary import PromptRegistry, Terms
from bedside.boundary.detectors.presidio import model_folder
from bedside.cli.findings import Finding, State
from bedside.errors import BedsideError, InputError
from bedside.persistence import is_postgres
from bedside.plugins import GROUPS, installed, load, load_all, load_named
from bedside.session.graphs import load_graph
from bedside.session.settings import Settings

__all__ = ["INSTALLED"]

_DEVELOPERS_EXTRAS = ("test",)
_REINSTALL = "pip install --force-reinstall --no-deps bedside"


def _sources(settings: Settings) -> Iterator[Finding]:
    given = [f"{key} from {source}" for key, source in settings.sources.items() if source != "default"]
    yield Finding("settings", State.OK, "; ".join(given) or "all are the defaults")


def _python(settings: Settings) -> Iterator[Finding]:
    wanted = metadata.metadata("bedside")["Requires-Python"]
    fits = SpecifierSet(wanted).contains(platform.python_version(), prereleases=True)
    fix = "" if fits else f"python{wanted.lstrip('>=')} -m venv .venv"
    state = State.OK if fits else State.BROKEN
    yield Finding("python", state, f"Python {platform.python_version()}; {wanted} is needed", fix)


def _packages(settings: Settings) -> Iterator[Finding]:
    needed = [one for one in _requirements() if one.marker is None or one.marker.evaluate({"extra": ""})]
    missing = [one for one in needed if not _is_installed(one)]
    for one in missing:
        says = f"{one.name} {_version(one.name) or 'is missing'}; {one.specifier or 'any'} is needed"
        yield Finding("package", State.BROKEN, says, f"pip install '{one.name}{one.specifier}'")
    if not missing:
        yield Finding(
            "package", State.OK, f"bedside {_version('bedside')} and the {len(needed)} that it depends on"
        )


def _extras(settings: Settings) -> Iterator[Finding]:
    used = {spec.partition(":")[0] for spec in (settings.consult, settings.model) if spec}
    used |= {"search"} if settings.search == "duckduckgo" else set()
    used |= {"postgres"} if is_postgres(settings.store) else set()
    for extra in metadata.metadata("bedside").get_all("Provides-Extra") or []:
        if extra in _DEVELOPERS_EXTRAS:
            continue
        marked = [one for one in _requirements() if one.marker and "extra" in str(one.marker)]
        of_extra = [one for one in marked if one.marker and one.marker.evaluate({"extra": extra})]
        missing = [one.name for one in of_extra if not _is_installed(one)]
        if not missing:
            yield Finding("extra", State.OK, f"{extra} is installed")
            continue
        state = State.BROKEN if extra in used else State.NOTE
        why = "and what is configured needs it" if extra in used else "and nothing that is configured needs it"
        says = f"{extra} is not installed ({', '.join(missing)}), {why}"
        yield Finding("extra", state, says, f"pip install 'bedside[{extra}]'")


def _requirements() -> list[Requirement]:
    return [Requirement(line) for line in metadata.requires("bedside") or []]


def _is_installed(wanted: Requirement) -> bool:
    version = _version(wanted.name)
    return version is not None and wanted.specifier.contains(version, prereleases=True)


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _language_model(settings: Settings) -> Iterator[Finding]:
    try:
        folder = model_folder()
    except BedsideError as error:
        says, _, fix = str(error).partition("; run: ")
        yield Finding("language", State.BROKEN, says, fix)
    else:
        yield Finding("language", State.OK, f"the language model {folder.name}: its files are the pinned ones")


def _graphs(settings: Settings) -> Iterator[Finding]:
    points = installed("bedside.graphs")
    for point in points:
        package = point.dist.name if point.dist else point.module
        try:
            app = load_graph(point.name)
        except Exception as error:  # anybody's package
            said = str(error) if isinstance(error, BedsideError) else type(error).__name__
            fix = f"pip install --force-reinstall --no-deps {package}"
            yield Finding("graph", State.BROKEN, f"{point.name} of {package} does not load: {said}", fix)
        else:
            says = f"{point.name} of {package} compiles, {len(app.builder.nodes)} nodes"
            yield Finding("graph", State.OK, says)
    if not points:
        yield Finding("graph", State.BROKEN, "no graph is installed", _REINSTALL)


def _prompts(settings: Settings) -> Iterator[Finding]:
    installed = PromptRegistry.installed()
    if not installed:
        yield Finding("prompts", State.BROKEN, "no prompt template is installed", _REINSTALL)
    if settings.prompts is None:
        yield Finding("prompts", State.OK, f"{len(installed)} templates, all as installed")
        return
    try:
        own = PromptRegistry.from_folders(settings.prompts)
    except (BedsideError, OSError) as error:
        says = str(error) if isinstance(error, BedsideError) else f"{settings.prompts}: {error.strerror}"
        yield Finding("prompts", State.BROKEN, says, f"mkdir -p {shlex.quote(str(settings.prompts))}")
        return
    unknown = sorted(name for name in own if name not in installed)
    says = f"{len(own) - len(unknown)} of {len(installed)} templates are overridden by {settings.prompts}"
    says += f", which adds {', '.join(unknown)}" if unknown else ""
    yield Finding("prompts", State.OK if own else State.NOTE, says)
    for name in own:
        if name in installed and own[name].fields != installed[name].fields:
            wanted = ", ".join(f"{{{{{field}}}}}" for field in sorted(installed[name].fields))
            says = f"{name} in {settings.prompts} has other fields than the installed template"
            yield Finding("prompts", State.BROKEN, says, f"use exactly {wanted} in it")


def _vocabularies(settings: Settings) -> Iterator[Finding]:
    tables: list[Terms] = [make() for make in load_all("bedside.vocabularies").values()]
    phrases = sum(len(table.phrases) for table in tables)
    if phrases:
        yield Finding("vocabulary", State.OK, f"{phrases} phrases of {len(tables)} code tables may be released")
    else:
        says = "the vocabulary is empty: every question would be refused"
        yield Finding("vocabulary", State.BROKEN, says, _REINSTALL)


def _guides(settings: Settings) -> Iterator[Finding]:
    """Yield findings on the implementation guides that settings name."""
    for path in settings.igs:
        try:
            guide = load_named("bedside.validators", "fhir").read_guide([path])
        except InputError as error:
            yield Finding("ig", State.BROKEN, str(error), "name the guide's FHIR package for R4, a .tgz, in igs")
        else:
            package = guide.packages[0]
            says = f"{package.id} {package.version}: {len(package.profiles)} profiles and extensions"
            yield Finding("ig", State.OK, says)


def _checks(settings: Settings) -> Iterator[Finding]:
    for name, check in load_all("bedside.checks").items():
        try:
            found = list(check())
        except InputError as error:
            yield Finding(name, State.BROKEN, str(error), "correct it, or take it away")
        else:
            yield from (Finding(name, State.OK, says) for says in found)


def _plugins(settings: Settings) -> Iterator[Finding]:
    """Yield the extensions of other packages, and whether they load."""
    for group, about in GROUPS.items():
        for point in installed(group):
            package = point.dist.name if point.dist else point.module
            if package == "bedside" or group == "bedside.graphs":
                continue
            try:
                load(point)
            except InputError as error:
                says, _, fix = str(error).partition("; repair it with: ")
                yield Finding("plugin", State.BROKEN, says, fix)
            else:
                yield Finding("plugin", State.OK, f"{point.name} of {package}, one of the {about}")


INSTALLED: tuple[Callable[[Settings], Iterable[Finding]], ...] = (
    _sources,
    _python,
    _packages,
    _extras,
    _language_model,
    _graphs,
    _prompts,
    _vocabularies,
    _guides,
    _checks,
    _plugins,
)
