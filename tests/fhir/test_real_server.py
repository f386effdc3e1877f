"""A real FHIR server (sekmet, over SQLite) gets a transaction of ours, gets it again, and refuses another."""

from __future__ import annotations

import copy
import json
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from bedside.errors import FhirConflictError, FhirServerError
from bedside.tools.fhir.prose import to_prose
from bedside.tools.fhir.server import FhirServer
from tests.fhir.cases import write
from tests.fhir.facts import ASSESSMENT, FACTS, PATIENT
from tests.fhir.sekmet import running

pytestmark = [pytest.mark.slow, pytest.mark.allow_hosts(["127.0.0.1"])]

UNGIVEN = frozenset({"Device", "FamilyMemberHistory", "Provenance", "RiskAssessment"})
"""Types that this server stores and does not give with `$everything`; each can be read by its id."""


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running(tmp_path_factory.mktemp("sekmet")) as url:
        yield url


def bundle(case: str) -> dict[str, Any]:
    result = write(*FACTS, assessment=ASSESSMENT, patient=PATIENT, case=case)
    read: dict[str, Any] = json.loads(result.to_json(), parse_float=Decimal)
    return read


def counts(server: FhirServer, transaction: dict[str, Any]) -> Counter[str]:
    """How many resources of each type the server holds."""
    kinds = {entry["resource"]["resourceType"] for entry in transaction["entry"]}
    ask, base = server._connection.ask, server._connection.base
    return Counter({kind: int(ask("GET", f"{base}{kind}?_count=1")["total"]) for kind in kinds})


def test_a_transaction_is_stored_whole_once_and_comes_back_as_prose(base: str) -> None:
    transaction = bundle("stored")
    with FhirServer(base) as server:
        results = server.post(transaction)
        assert all(result.created for result in results)
        for entry, result in zip(transaction["entry"], results, strict=True):
            assert result.reference is not None
            kind, id = result.reference.split("/")
            assert server.read(kind, id)["resourceType"] == entry["resource"]["resourceType"]
        before = counts(server, transaction)
        again = server.post(transaction)
        assert [result.reference for result in again] == [result.reference for result in results]
        assert not any(result.created for result in again)
        assert counts(server, transaction) == before
        patient = results[0].reference
        assert patient is not None
        record = server.everything(patient.partition("/")[2])
        given = {f"{one['resource']['resourceType']}/{one['resource']['id']}" for one in record["entry"]}
        missing = [result.reference for result in results if result.reference and result.reference not in given]
        assert {reference.partition("/")[0] for reference in missing} <= UNGIVEN
        record["entry"] += [{"resource": server.read(*reference.split("/"))} for reference in missing]
        prose = to_prose(record)
    # 72.50 in the bundle; the server drops the last digit.
    for words in ("chest pain", "82 mm[Hg]", "54 mm[Hg]", "72.5 kg", "mother: stroke", "aspirin, 81 mg"):
        assert words in prose
    for words in ("No known allergies", "potassium: 5.0 mmol/L", "influenza vaccine", "ecg", "Ann Brown"):
        assert words in prose
    assert f"[{patient}]" in prose


def test_two_matches_are_a_conflict_and_nothing_of_the_transaction_stands(base: str) -> None:
    with FhirServer(base) as server:
        twice = copy.deepcopy(bundle("twice"))
        twice["entry"] = twice["entry"][:1]
        del twice["entry"][0]["request"]["ifNoneExist"]
        assert [server.post(twice)[0].created for _ in range(2)] == [True, True]
        transaction = bundle("twice")
        before = counts(server, transaction)
        with pytest.raises(FhirConflictError) as refused:
            server.post(transaction)
        assert (refused.value.status, refused.value.stored) == (412, False)
        assert "nothing was stored" in str(refused.value)
        assert "Brown" not in str(refused.value)
        assert counts(server, transaction) == before


def test_a_stale_version_rolls_the_creates_beside_it_back(base: str) -> None:
    with FhirServer(base) as server:
        transaction = bundle("stale")
        (stored, *_) = server.post(transaction)
        assert stored.reference is not None
        patient = server.read("Patient", stored.reference.partition("/")[2])
        other = bundle("other")
        other["entry"].append(
            {
                "fullUrl": f"{base}/{stored.reference}",
                "resource": patient,
                "request": {"method": "PUT", "url": stored.reference, "ifMatch": 'W/"99"'},
            }
        )
        before = counts(server, other)
        with pytest.raises(FhirConflictError) as refused:
            server.post(other)
        assert refused.value.status == 412
        assert counts(server, other) == before


def test_a_condition_that_the_server_cannot_search_is_refused_and_nothing_stands(base: str) -> None:
    with FhirServer(base) as server:
        transaction = bundle("unsearched")
        transaction["entry"][-1]["request"]["ifNoneExist"] = "nothing=1"
        before = counts(server, transaction)
        with pytest.raises(FhirServerError) as refused:
            server.post(transaction)
        assert (refused.value.status, refused.value.stored) == (400, False)
        assert refused.value.issues == ("error not-supported",)
        assert counts(server, transaction) == before
