"""Codes of drugs and allergens from a user's own files or a terminology server inside. All notes are synthetic."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

import pytest

from bedside.agents.coder import with_codes
from bedside.agents.coder.code_facts import _opened
from bedside.agents.reader import read_note
from bedside.errors import BedsideError, EndpointError, InputError
from bedside.flow import CodeSources
from bedside.graphs import note_to_fhir
from bedside.session import load_settings, open_services
from bedside.tools.terminology.systems import RXNORM, SNOMED
from tests.agents.test_rounds import services_for

NOTE = """Meds: metformin 500 mg BD, Prozac 20 mg daily, lisinopril-hydrochlorothiazide, zorptan 5 mg.
Allergies: penicillin (rash), latex, zorptan
Plan: start amlodipine 5 mg daily.
"""


def _atom(concept: str, kind: str, text: str) -> str:
    return f"{concept}|ENG||||||1|1|{concept}||RXNORM|{kind}|{concept}|{text}||N||\n"


def _description(concept: str, text: str, *, full: bool) -> str:
    kind = "900000000000003001" if full else "900000000000013009"
    return f"1{concept}\t20260901\t1\t900000000000207008\t{concept}\ten\t{kind}\t{text}\t900000000000448009\n"


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("BEDSIDE_CACHE", str(tmp_path / "cache"))
    (tmp_path / "RXNCONSO.RRF").write_text(
        _atom("6809", "IN", "metformin")
        + _atom("235743", "PIN", "metformin hydrochloride")
        + _atom("4493", "IN", "fluoxetine")
        + _atom("214619", "MIN", "hydrochlorothiazide / lisinopril")
        + _atom("17767", "IN", "amlodipine")
        + _atom("7980", "IN", "penicillin")
    )
    concepts = ("372567009", "109081006", "764146007", "91936005", "111088007")
    (tmp_path / "concepts_20260901.txt").write_text(
        "id\teffectiveTime\tactive\tmoduleId\tdefinitionStatusId\n"
        + "".join(f"{code}\t20260901\t1\t900000000000207008\t900000000000074008\n" for code in concepts)
    )
    (tmp_path / "descriptions.txt").write_text(
        "id\teffectiveTime\tactive\tmoduleId\tconceptId\tlanguageCode\ttypeId\tterm\tcaseSignificanceId\n"
        + _description("372567009", "Metformin (substance)", full=True)
        + _description("109081006", "Product containing metformin (medicinal product)", full=True)
        + _description("764146007", "Penicillin (substance)", full=True)
        + _description("91936005", "Allergy to penicillin (finding)", full=True)
        + _description("91936005", "Penicillin", full=False)
        + _description("111088007", "Latex (substance)", full=True)
    )
    yield tmp_path
    _opened.cache_clear()


def coded(note: str, sources: CodeSources) -> dict[str, str | None]:
    record, not_done = with_codes(read_note("n", note), sources)
    assert not_done == []
    return {
        f"{fact.kind.value} {fact.display}": f"{fact.code.system}|{fact.code.code}" if fact.code else None
        for fact in record.facts
    }


def _snomed(files: Path) -> tuple[Path, ...]:
    return files / "concepts_20260901.txt", files / "descriptions.txt"


def test_without_a_source_a_drug_has_no_code() -> None:
    assert set(coded(NOTE, CodeSources()).values()) == {None}


def test_an_rxnorm_file_codes_drugs_and_drugs_one_is_allergic_to(files: Path) -> None:
    assert coded(NOTE, CodeSources(rxnorm=files / "RXNCONSO.RRF")) == {
        "medication metformin": f"{RXNORM}|6809",
        "medication fluoxetine": f"{RXNORM}|4493",  # a brand that the file does not have: its ingredient
        "medication hydrochlorothiazide-lisinopril": f"{RXNORM}|214619",
        "medication zorptan": None,
        "medication amlodipine": f"{RXNORM}|17767",
        "allergy penicillin": f"{RXNORM}|7980",
        "allergy latex": None,
        "allergy zorptan": None,
    }


def test_a_snomed_release_codes_products_and_substances(files: Path) -> None:
    found = coded(NOTE, CodeSources(snomed=_snomed(files)))
    # The substance metformin is nothing to take, and the allergy to penicillin no substance.
    assert found["medication metformin"] == f"{SNOMED}|109081006"
    assert found["allergy penicillin"] == f"{SNOMED}|764146007"
    assert found["allergy latex"] == f"{SNOMED}|111088007"
    assert found["medication amlodipine"] is None


def test_with_both_a_drug_is_of_rxnorm_and_another_allergen_of_snomed(files: Path) -> None:
    found = coded(NOTE, CodeSources(rxnorm=files / "RXNCONSO.RRF", snomed=_snomed(files)))
    assert found["medication metformin"] == f"{RXNORM}|6809"
    assert found["allergy penicillin"] == f"{RXNORM}|7980"
    assert found["allergy latex"] == f"{SNOMED}|111088007"


def test_a_name_of_two_concepts_has_no_code(files: Path) -> None:
    path = files / "two.rrf"
    path.write_text(
        _atom("1", "IN", "alpha")
        + _atom("1", "SY", "metformin")
        + _atom("2", "IN", "beta")
        + _atom("2", "SY", "metformin")
    )
    assert coded("Meds: metformin 500 mg BD", CodeSources(rxnorm=path)) == {"medication metformin": None}


class _Handler(BaseHTTPRequestHandler):
    known: ClassVar = {
        (RXNORM, "metformin"): ("6809", "metformin"),
        (SNOMED, "latex"): ("111088007", "Latex (substance)"),
    }
    asked: ClassVar[list[str]] = []
    status = 200

    def do_GET(self) -> None:
        self._reply({name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self._reply({one["name"]: str(one.get("valueString") or one.get("valueUri")) for one in body["parameter"]})

    def _reply(self, query: dict[str, str]) -> None:
        self.asked.append(query.get("filter", ""))
        system = query["url"].removesuffix("?fhir_vs")
        found = self.known.get((system, query.get("filter", "").lower()))
        listed = [{"system": system, "code": found[0], "display": found[1]}] if found else []
        body = json.dumps({"resourceType": "ValueSet", "expansion": {"contains": listed}}).encode()
        self.send_response(self.status)
        self.send_header("Content-Type", "application/fhir+json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def server() -> Iterator[str]:
    _Handler.asked, _Handler.status = [], 200
    running = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    thread = threading.Thread(target=running.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{running.server_port}/fhir"
    running.shutdown()
    thread.join()
    running.server_close()
    _opened.cache_clear()


@pytest.mark.allow_hosts(["127.0.0.1"])
def test_a_terminology_server_inside_codes_what_it_knows(server: str) -> None:
    found = coded(NOTE, CodeSources(server=server))
    assert found["medication metformin"] == f"{RXNORM}|6809"
    assert found["allergy latex"] == f"{SNOMED}|111088007"
    assert found["medication zorptan"] is None
    # Names alone are asked, never a dose or a sentence.
    assert not [one for one in _Handler.asked if any(sign.isdigit() for sign in one) or "." in one]


@pytest.mark.allow_hosts(["127.0.0.1"])
def test_a_server_that_fails_is_asked_once_and_reported(server: str) -> None:
    _Handler.status = 500
    record, not_done = with_codes(read_note("n", NOTE), CodeSources(server=server))
    assert [fact.code for fact in record.uncoded()] == [None] * len(record.uncoded())
    assert [one.split(":")[0] for one in not_done] == [
        "codes of RxNorm were not looked up",
        "codes of SNOMED CT were not looked up",
    ]
    assert len(_Handler.asked) <= 6


def test_guarantee_a_server_outside_is_not_asked_for_the_drugs_of_a_case() -> None:
    with pytest.raises(EndpointError, match="inside"):
        with_codes(read_note("n", NOTE), CodeSources(server="https://tx.example/fhir"))
    settings = load_settings({}, {"BEDSIDE_TERMINOLOGY_SERVER": "https://tx.example/fhir"})
    with pytest.raises(EndpointError, match=r"--inside tx\.example"):
        open_services(settings)


def test_settings_name_the_sources(tmp_path: Path) -> None:
    (tmp_path / "bedside.toml").write_text(
        'rxnorm = "RXNCONSO.RRF"\nsnomed = ["c.txt", "d.txt"]\nterminology_server = "https://tx.example/fhir"\n'
        'inside = ["tx.example"]\n'
    )
    for name in ("RXNCONSO.RRF", "c.txt", "d.txt"):
        (tmp_path / name).touch()
    codes = open_services(load_settings({}, {}, tmp_path / "bedside.toml")).codes
    assert codes == CodeSources(
        tmp_path / "RXNCONSO.RRF",
        (tmp_path / "c.txt", tmp_path / "d.txt"),
        "https://tx.example/fhir",
        ("tx.example",),
    )
    assert load_settings({}, {"BEDSIDE_SNOMED": "a.txt,b.txt"}).snomed == (Path("a.txt"), Path("b.txt"))
    for wrong in ('snomed = "c.txt"', 'snomed = ["a", "b", "c"]', "rxnorm = 3"):
        (tmp_path / "wrong.toml").write_text(wrong)
        with pytest.raises(InputError, match="must be"):
            load_settings({}, {}, tmp_path / "wrong.toml")


def test_a_missing_file_is_an_error_before_any_note(tmp_path: Path) -> None:
    settings = load_settings({}, {"BEDSIDE_RXNORM": str(tmp_path / "none.rrf")})
    with pytest.raises(BedsideError, match=r"rxnorm: .* is no file"):
        open_services(settings)


async def test_the_codes_are_in_the_record_and_in_the_bundle(files: Path) -> None:
    services, case = services_for(NOTE, codes=CodeSources(rxnorm=files / "RXNCONSO.RRF", snomed=_snomed(files)))
    output = await note_to_fhir.build().compile().ainvoke({"case": case}, context=services)
    result = output["result"]
    assert [fact.display for fact in result.record.uncoded()] == ["zorptan", "zorptan"]
    resources = [one["resource"] for one in json.loads(result.bundle or "")["entry"]]
    codes = {
        kind: [
            (concept["text"], [one["code"] for one in concept.get("coding", ())])
            for one in resources
            if one["resourceType"] == kind
            for concept in [one.get("medicationCodeableConcept") or one.get("code")]
        ]
        for kind in ("MedicationStatement", "MedicationRequest", "AllergyIntolerance")
    }
    assert ("metformin", ["6809"]) in codes["MedicationStatement"]
    assert ("zorptan", []) in codes["MedicationStatement"]
    assert codes["MedicationRequest"] == [("amlodipine", ["17767"])]
    assert codes["AllergyIntolerance"] == [("penicillin", ["7980"]), ("latex", ["111088007"]), ("zorptan", [])]
