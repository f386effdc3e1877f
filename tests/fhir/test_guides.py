"""Implementation guides of anyone's: a package is written here, and resources are held to it. All is synthetic."""

from __future__ import annotations

import copy
import io
import json
import tarfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from bedside.errors import InputError
from bedside.session import open_services
from bedside.tools.fhir.validation import Guide, read_guide, validate
from tests.cli.test_cli import bedside, lines

BASE = "http://hl7.org/fhir/StructureDefinition/"
OURS = "https://ward.example/fhir/"
SD, VS, CS = (f"{OURS}{one}/" for one in ("StructureDefinition", "ValueSet", "CodeSystem"))
Json = dict[str, Any]
OTHER = "https://other.example"


def element(id: str, **more: Any) -> Json:
    path = ".".join(part.partition(":")[0] for part in id.split("."))
    return {"id": id, "path": path, **more}


def profile(name: str, kind: str, *elements: Json, base: str = "", **more: Any) -> Json:
    return {
        "resourceType": "StructureDefinition",
        "id": name,
        "url": SD + name,
        "type": kind,
        "kind": "resource",
        "derivation": "constraint",
        "baseDefinition": base or BASE + kind,
        "differential": {"element": [element(kind), *elements]},
        **more,
    }


def by(kind: str, path: str, rules: str = "open") -> Json:
    return {"discriminator": [{"type": kind, "path": path}], "rules": rules}


WARD = "https://ward.example/fhir/StructureDefinition/ward"
PATIENT = profile(
    "ward-patient",
    "Patient",
    element("Patient.name", min=1, max="1"),
    element("Patient.identifier", slicing=by("value", "system"), min=1),
    element("Patient.identifier:mrn", sliceName="mrn", min=1, max="1"),
    element("Patient.identifier:mrn.system", min=1, fixedUri="https://ward.example/mrn"),
    element("Patient.identifier:mrn.value", min=1),
    element(
        "Patient.extension:ward", sliceName="ward", min=1, max="1", type=[{"code": "Extension", "profile": [WARD]}]
    ),
    element("Patient.maritalStatus", binding={"strength": "extensible", "valueSet": VS + "married"}),
    element("Patient.communication", max="0"),
)
CHILD = profile(
    "ward-child",
    "Patient",
    element(
        "Patient",
        constraint=[
            {
                "key": "ward-1",
                "severity": "error",
                "human": "A child has a birth date or a contact",
                "expression": "birthDate.exists() or contact.exists()",
            }
        ],
    ),
    element("Patient.contact.relationship", min=1),
    base=PATIENT["url"],
)
GAIT = {"system": CS + "scores", "code": "gait"}
SCORE = profile(
    "ward-score",
    "Observation",
    element("Observation.code", patternCodeableConcept={"coding": [{"system": CS + "scores", "code": "frailty"}]}),
    element("Observation.value[x]", min=1, type=[{"code": "Quantity"}, {"code": "CodeableConcept"}]),
    element("Observation.valueQuantity.code", min=1, fixedCode="{score}"),
    element("Observation.valueCodeableConcept", binding={"strength": "required", "valueSet": VS + "frailties"}),
    element("Observation.component", slicing=by("pattern", "code", "closed")),
    element("Observation.component:gait", sliceName="gait", min=1),
    element(
        "Observation.component:gait.code",
        patternCodeableConcept={"coding": [{"system": CS + "scores", "code": "gait"}]},
    ),
    element("Observation.component:gait.value[x]", type=[{"code": "Quantity"}]),
    element("Observation.subject", min=1, type=[{"code": "Reference", "targetProfile": [SD + "ward-patient"]}]),
)
EXTENSION = profile(
    "ward",
    "Extension",
    element("Extension.url", fixedUri=WARD),
    element("Extension.value[x]", min=1, type=[{"code": "Coding"}]),
    element("Extension.valueCoding", binding={"strength": "required", "valueSet": VS + "wards"}),
    context=[{"type": "element", "expression": "Patient"}],
)
SYSTEM = {
    "resourceType": "CodeSystem",
    "url": CS + "scores",
    "content": "complete",
    "concept": [
        {"code": "frailty", "concept": [{"code": "mild"}, {"code": "severe", "concept": [{"code": "end"}]}]},
        {"code": "gait"},
    ],
}
BRANCH = {"property": "concept", "op": "descendent-of", "value": "frailty"}
VALUE_SETS = [
    {
        "url": VS + "wards",
        "compose": {"include": [{"system": CS + "wards", "concept": [{"code": "7a"}, {"code": "7b"}]}]},
    },
    {
        "url": VS + "frailties",
        "compose": {
            "include": [
                {
                    "system": CS + "scores",
                    "filter": [{"property": "concept", "op": "descendent-of", "value": "frailty"}],
                }
            ],
            "exclude": [{"system": CS + "scores", "concept": [{"code": "end"}]}],
        },
    },
    {
        "url": VS + "married",
        "compose": {"include": [{"system": CS + "marriage", "concept": [{"code": "yes"}]}]},
    },
]
MANIFEST = {
    "name": "example.ward",
    "version": "1.2.0",
    "fhirVersions": ["4.0.1"],
    "dependencies": {"other.guide": "1.0"},
}
RESOURCES: list[Json] = [
    PATIENT,
    CHILD,
    SCORE,
    EXTENSION,
    SYSTEM,
    *({"resourceType": "ValueSet", **one} for one in VALUE_SETS),
]


def package(
    path: Path, resources: list[Json] = RESOURCES, manifest: Any = MANIFEST, folder: str = "package"
) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for name, content in {
            "package.json": manifest,
            **{f"{one['resourceType']}-{number}.json": one for number, one in enumerate(resources)},
        }.items():
            data = content if isinstance(content, bytes) else json.dumps(content).encode()
            member = tarfile.TarInfo(f"{folder}/{name}")
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return path


@pytest.fixture(scope="module")
def guide(tmp_path_factory: pytest.TempPathFactory) -> Guide:
    made = read_guide([package(tmp_path_factory.mktemp("guide") / "ward.tgz")])
    assert made is not None
    return made


SOUND_PATIENT: Json = {
    "resourceType": "Patient",
    "meta": {"profile": [SD + "ward-patient"]},
    "extension": [{"url": WARD, "valueCoding": {"system": CS + "wards", "code": "7a"}}],
    "identifier": [{"system": "https://ward.example/mrn", "value": "1"}, {"system": OTHER, "value": "2"}],
    "name": [{"family": "Synthetic"}],
    "gender": "female",
}
SOUND_CHILD: Json = {**SOUND_PATIENT, "meta": {"profile": [SD + "ward-child"]}, "birthDate": "2020-01-01"}
SOUND_SCORE: Json = {
    "resourceType": "Observation",
    "meta": {"profile": [SD + "ward-score"]},
    "status": "final",
    "code": {"coding": [{"system": CS + "scores", "code": "frailty"}, {"system": OTHER, "code": "x"}]},
    "subject": {"reference": "Patient/1"},
    "valueQuantity": {"value": 4, "system": "http://unitsofmeasure.org", "code": "{score}"},
    "component": [
        {"code": {"coding": [{"system": CS + "scores", "code": "gait"}]}, "valueQuantity": {"value": 1}},
    ],
}


def changed(resource: Json, change: Callable[[Json], None]) -> Json:
    made = copy.deepcopy(resource)
    change(made)
    return made


def found(resource: Mapping[str, Any], guide: Guide, severity: str = "error", **options: Any) -> list[str]:
    return [
        f"{one.location}: {one.message}"
        for one in validate(resource, guide=guide, **options)
        if one.severity == severity
    ]


def put(key: str, value: Any) -> Callable[[Json], None]:
    return lambda one: one.__setitem__(key, value)


def swap(key: str, other: str, value: Any) -> Callable[[Json], None]:
    """One element in the place of another."""

    def change(one: Json) -> None:
        del one[key]
        one[other] = value

    return change


def drop(key: str) -> Callable[[Json], None]:
    return lambda one: one.__delitem__(key)


@pytest.mark.parametrize("resource", [SOUND_PATIENT, SOUND_CHILD, SOUND_SCORE], ids=["patient", "child", "score"])
def test_what_keeps_to_its_profile_is_valid(resource: Json, guide: Guide) -> None:
    assert found(resource, guide) == []


SOUND: dict[str, tuple[Json, Callable[[Json], None]]] = {
    "an identifier more, of another system": (
        SOUND_PATIENT,
        lambda one: one["identifier"].append({"system": OTHER}),
    ),
    "a code of the branch": (
        SOUND_SCORE,
        swap("valueQuantity", "valueCodeableConcept", {"coding": [{"system": CS + "scores", "code": "mild"}]}),
    ),
    "a contact instead of a birth date": (
        SOUND_CHILD,
        swap("birthDate", "contact", [{"relationship": [{"text": "mother"}], "name": {"family": "Synthetic"}}]),
    ),
    "an extension that the guide does not know": (
        SOUND_PATIENT,
        lambda one: one["extension"].append({"url": OTHER, "valueString": "x"}),
    ),
    "the profile with its version": (SOUND_PATIENT, put("meta", {"profile": [SD + "ward-patient|1.2.0"]})),
}


@pytest.mark.parametrize("name", SOUND)
def test_what_a_profile_leaves_open_stays_valid(name: str, guide: Guide) -> None:
    resource, change = SOUND[name]
    assert found(changed(resource, change), guide) == []


WRONG: dict[str, tuple[Json, Callable[[Json], None], str]] = {
    "required element": (SOUND_PATIENT, drop("name"), "Patient.name: the profile asks for at least 1"),
    "at most one": (
        SOUND_PATIENT,
        put("name", [{"family": "A"}, {"family": "B"}]),
        "Patient.name: the profile allows at most 1",
    ),
    "prohibited element": (
        SOUND_PATIENT,
        put("communication", [{"language": {"text": "en"}}]),
        "Patient.communication: the profile allows at most 0",
    ),
    "slice by a fixed value is missing": (
        SOUND_PATIENT,
        put("identifier", [{"system": OTHER, "value": "2"}]),
        "Patient.identifier: the profile asks for at least 1 of the slice mrn",
    ),
    "element inside a slice": (
        SOUND_PATIENT,
        put("identifier", [{"system": "https://ward.example/mrn"}]),
        "Patient.identifier[0].value: the profile asks for at least 1",
    ),
    "required extension": (SOUND_PATIENT, drop("extension"), "at least 1 of the slice ward"),
    "value set of an extension": (
        SOUND_PATIENT,
        put("extension", [{"url": WARD, "valueCoding": {"system": CS + "wards", "code": "9z"}}]),
        "Patient.extension[0].valueCoding: it is not of the required value set",
    ),
    "type of an extension's value": (
        SOUND_PATIENT,
        put("extension", [{"url": WARD, "valueString": "7a"}]),
        "Patient.extension[0].valueString: the profile allows Coding only",
    ),
    "extension in another place": (
        SOUND_PATIENT,
        put("name", [{"family": "A", "extension": SOUND_PATIENT["extension"]}]),
        "Patient.name[0].extension[0]: the extension may not be here",
    ),
    "constraint of a derived profile": (SOUND_CHILD, drop("birthDate"), "A child has a birth date or a contact"),
    "what the base of a profile asks": (SOUND_CHILD, drop("name"), "Patient.name: the profile asks for at least 1"),
    "element of a group": (
        SOUND_CHILD,
        put("contact", [{"name": {"family": "A"}}]),
        "Patient.contact[0].relationship: the profile asks for at least 1",
    ),
    "pattern of a code": (
        SOUND_SCORE,
        put("code", {"coding": [{"system": CS + "scores", "code": "gait"}]}),
        "Observation.code: it does not hold what the profile's pattern asks for",
    ),
    "type of a choice": (
        SOUND_SCORE,
        swap("valueQuantity", "valueString", "4"),
        "Observation.valueString: the profile allows",
    ),
    "choice that is missing": (SOUND_SCORE, drop("valueQuantity"), "Observation.value[x]: the profile asks for"),
    "fixed code inside a choice": (
        SOUND_SCORE,
        put("valueQuantity", {"value": 4, "system": "http://unitsofmeasure.org", "code": "1"}),
        "Observation.valueQuantity.code: it is not the value that the profile fixes",
    ),
    "code outside the branch": (
        SOUND_SCORE,
        swap("valueQuantity", "valueCodeableConcept", {"coding": [{"system": CS + "scores", "code": "gait"}]}),
        "Observation.valueCodeableConcept: it is not of the required value set",
    ),
    "code that is excluded": (
        SOUND_SCORE,
        swap("valueQuantity", "valueCodeableConcept", {"coding": [{"system": CS + "scores", "code": "end"}]}),
        "Observation.valueCodeableConcept: it is not of the required value set",
    ),
    "slice that a closed slicing does not know": (
        SOUND_SCORE,
        lambda one: one["component"].append({"code": {"text": "other"}, "valueQuantity": {"value": 1}}),
        "Observation.component[1]: it is none of the slices that the profile allows",
    ),
    "type inside a slice": (
        SOUND_SCORE,
        lambda one: one["component"][0].update({"valueString": one["component"][0].pop("valueQuantity") and "x"}),
        "Observation.component[0].valueString: the profile allows Quantity only",
    ),
    "target of a reference": (
        SOUND_SCORE,
        put("subject", {"reference": "Group/1"}),
        "Observation.subject.reference: the reference leads to a Group",
    ),
    "element that the base requires too": (
        SOUND_SCORE,
        drop("subject"),
        "Observation.subject: the profile asks for",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_breaks_a_rule_of_the_guide_is_an_error_at_its_place(name: str, guide: Guide) -> None:
    resource, change, says = WRONG[name]
    errors = found(changed(resource, change), guide)
    assert any(says in one for one in errors), errors
    assert not found(resource, guide)


@pytest.mark.parametrize("name", WRONG)
def test_without_the_guide_nothing_of_it_is_asked(name: str) -> None:
    resource, change, _ = WRONG[name]
    said = [one.message for one in validate(changed(resource, change)) if one.severity == "error"]
    assert not any("profile" in one or "extension may not" in one for one in said)


def test_an_extensible_value_set_is_a_warning(guide: Guide) -> None:
    other = changed(SOUND_PATIENT, put("maritalStatus", {"coding": [{"system": CS + "marriage", "code": "no"}]}))
    assert found(other, guide) == []
    assert any("extensible value set" in one for one in found(other, guide, "warning"))


def test_a_profile_can_be_asked_for_by_its_url(guide: Guide) -> None:
    bare = changed(SOUND_PATIENT, drop("meta"))
    assert found(changed(bare, drop("name")), guide) == []
    assert found(changed(bare, drop("name")), guide, profiles=SD + "ward-patient")


def test_what_is_not_checked_is_told(guide: Guide) -> None:
    assert any(
        "packages that were not given: other.guide" in one for one in found(SOUND_PATIENT, guide, "information")
    )


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda path: path.write_bytes(b"no archive"), "cannot be read as a FHIR package"),
        (lambda path: package(path, folder="other"), "has no package/package.json"),
        (lambda path: package(path, manifest={**MANIFEST, "fhirVersions": ["5.0.0"]}), "is for 5.0.0, and R4"),
        (lambda path: package(path, manifest=b"{"), "package/package.json is not JSON"),
        (
            lambda path: package(path, [{**PATIENT, "differential": None}]),
            "the profile 'ward-patient', has no differential",
        ),
    ],
    ids=["no archive", "no package", "another version", "no JSON", "no differential"],
)
def test_what_is_no_package_is_an_error_that_names_the_place(
    tmp_path: Path, make: Callable[[Path], object], says: str
) -> None:
    path = tmp_path / "guide.tgz"
    make(path)
    with pytest.raises(InputError, match=says) as caught:
        read_guide([path])
    assert "guide.tgz" in str(caught.value)


def test_a_package_that_would_fill_the_memory_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bedside.tools.fhir.validation.packages.MOST_BYTES", 1000)
    with pytest.raises(InputError, match="no guide is so large"):
        read_guide([package(tmp_path / "guide.tgz")])


# --- at the command, in the settings and in a bundle


def test_the_command_holds_a_file_to_a_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    package(tmp_path / "ward.tgz")
    Path("sound.json").write_text(json.dumps(SOUND_PATIENT))
    Path("wrong.json").write_text(json.dumps(changed(SOUND_PATIENT, drop("name"))))
    assert bedside(monkeypatch, "validate", "sound.json", "--ig", "ward.tgz") == 0
    assert bedside(monkeypatch, "validate", "wrong.json", "--ig", "ward.tgz") == 1
    assert "the profile asks for at least 1" in " ".join(capsys.readouterr().out.split())
    assert bedside(monkeypatch, "validate", "wrong.json", "--ig", "none.tgz") == 2
    assert "none.tgz cannot be read" in capsys.readouterr().err


def test_a_bundle_is_held_to_the_packages_of_the_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    strict = profile("strict", "Device", element("Device.serialNumber", min=1))
    package(tmp_path / "strict.tgz", [strict])
    assert open_services(igs=[str(tmp_path / "strict.tgz")]).igs == (tmp_path / "strict.tgz",)
    with pytest.raises(InputError, match=r"igs: .*none\.tgz is no file"):
        open_services(igs=[str(tmp_path / "none.tgz")])
    Path("note.txt").write_text("54 year old woman with cough.")
    monkeypatch.setenv("BEDSIDE_IGS", "strict.tgz")
    assert bedside(monkeypatch, "run", "note_to_fhir", "note.txt", "--jsonl", "all.jsonl") == 0
    assert lines(tmp_path / "all.jsonl")[0]["facts"]
    assert bedside(monkeypatch, "doctor") in (0, 1)
    assert "example.ward 1.2.0: 1 profiles and extensions" in " ".join(capsys.readouterr().out.split())
