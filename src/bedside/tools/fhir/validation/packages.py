"""FHIR packages (`.tgz`), which hold an implementation guide. Nothing is unpacked to disk."""

from __future__ import annotations

import json
import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from bedside.errors import InputError, safe_name

__all__ = ["Package", "read_package"]

Json = Mapping[str, Any]

MOST_BYTES = 512 * 1024**2
"""The bound on all members together, unpacked, in bytes: above every published guide."""
MOST_MEMBERS = 50_000
R4 = ("4.0.0", "4.0.1")
FOLDER = "package"
"""The folder of definitions; examples and similar are in folders below it."""
_WANTED = ("StructureDefinition", "ValueSet", "CodeSystem")


@dataclass(frozen=True, slots=True)
class Package:
    """One implementation guide.

    Attributes:
        id: The id in its `package.json`: "hl7.fhir.us.core".
        dependencies: Ids of the packages that it builds on, with their versions.
        profiles: Structure definitions that constrain a type, by canonical URL; extensions are among them.
        value_sets: The value sets by canonical URL.
        systems: Code systems by canonical URL.
    """

    id: str
    version: str
    dependencies: Mapping[str, str]
    profiles: dict[str, Json] = field(default_factory=dict, repr=False)
    value_sets: dict[str, Json] = field(default_factory=dict, repr=False)
    systems: dict[str, Json] = field(default_factory=dict, repr=False)


def read_package(path: Path) -> Package:
    """Read a package.

    Raises:
        InputError: It is no FHIR package of R4, or is larger than any. The message names file and member.
    """
    try:
        members = dict(_members(path))
    except (OSError, tarfile.TarError, EOFError) as error:
        raise InputError(f"{path} cannot be read as a FHIR package (.tgz): {type(error).__name__}") from None
    manifest = members.pop("package.json", None)
    if manifest is None or not isinstance(manifest.get("name"), str):
        raise InputError(f"{path} has no {FOLDER}/package.json with a name: it is no FHIR package")
    versions = manifest.get("fhirVersions") or manifest.get("fhir-version-list") or []
    if not any(version in R4 for version in versions):
        told = ", ".join(map(str, versions)) or "no version of FHIR"
        raise InputError(f"{path} is for {told}, and R4 (4.0.1) is validated; take the guide's R4 package")
    dependencies = manifest.get("dependencies")
    package = Package(
        manifest["name"], str(manifest.get("version", "")), dependencies if isinstance(dependencies, dict) else {}
    )
    for name, resource in members.items():
        _take(package, resource, f"{path}, {FOLDER}/{name}")
    return package


def _members(path: Path) -> Iterator[tuple[str, Json]]:
    left, seen = MOST_BYTES, 0
    with tarfile.open(path, "r:gz") as archive:
        for member in archive:
            seen += 1
            left -= member.size
            if left < 0 or seen > MOST_MEMBERS:
                most = f"{MOST_BYTES // 1024**2} MiB or {MOST_MEMBERS:,} files"
                raise InputError(f"{path} unpacks to more than {most}: no guide is so large")
            name = PurePosixPath(member.name)
            if not member.isfile() or name.suffix != ".json" or name.parent != PurePosixPath(FOLDER):
                continue
            if name.name != "package.json" and not name.name.startswith(_WANTED):
                continue
            file = archive.extractfile(member)
            try:
                resource = json.loads(file.read()) if file else None
            except ValueError:
                raise InputError(f"{path}, {member.name} is not JSON") from None
            if isinstance(resource, dict):
                yield name.name, resource


def _take(package: Package, resource: Json, place: str) -> None:
    kind, url = resource.get("resourceType"), resource.get("url")
    if kind not in _WANTED:
        return
    if not isinstance(url, str):
        raise InputError(f"{place} has no url: nothing could claim it")
    if kind == "ValueSet":
        package.value_sets[url] = resource
    elif kind == "CodeSystem":
        package.systems[url] = resource
    elif resource.get("derivation") == "constraint":
        elements = resource.get("differential")
        if not isinstance(elements, dict) or not isinstance(elements.get("element"), list):
            raise InputError(f"{place}, the profile {safe_name(resource.get('id'))}, has no differential")
        package.profiles[url] = resource
