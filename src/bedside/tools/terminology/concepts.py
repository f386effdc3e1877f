"""The code tables as typed concepts, read once on first use.

There are two kinds. The curated tables (`concepts`) carry what rules and questions rely on. The name tables
(`further_concepts`) only widen what is recognised in a note; scripts build them from public sources.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from itertools import groupby
from types import MappingProxyType

from bedside.errors import InputError, safe_name
from bedside.records import Coding
from bedside.tables import table_rows
from bedside.tools.terminology.own_tables import own_rows
from bedside.tools.terminology.systems import CVX, ICD10CM, ICD10CM_VERSION, LOINC

__all__ = ["Concept", "Domain", "Unit", "concept", "concepts", "further_concepts", "is_chronic", "one_in"]

# `ucum low high spelling|spelling`; `ucum@code@display` where the unit has a code of its own, `ucum@-@` where it
# has none.
_UNIT = re.compile(
    r"(?P<ucum>[^\s@]+)(?:@(?P<code>[^@]*)@(?P<display>.*?))? "
    r"(?P<low>[\d.]+) (?P<high>[\d.]+) (?P<spellings>.*)"
)


class Domain(StrEnum):
    """The table from which a concept comes. The value is the name of the file."""

    SYMPTOM = "symptoms"
    PROBLEM = "problems"
    MEDICATION = "medications"
    VITAL = "vitals"
    LAB = "labs"
    PROCEDURE = "procedures"
    IMMUNIZATION = "immunizations"
    ALLERGEN = "allergens"


@dataclass(frozen=True, slots=True)
class Unit:
    """One unit in which a quantity is given.

    Attributes:
        ucum: The UCUM code.
        low: The lowest plausible value in this unit.
        high: The highest plausible value in this unit.
        spellings: The unit as notes write it.
        code: The LOINC code where this unit is of another property than the first one (moles, not mass), or
            `None` where none is known.
    """

    ucum: str
    low: Decimal
    high: Decimal
    spellings: tuple[str, ...]
    code: Coding | None

    def plausible(self, value: Decimal) -> bool:
        """True if `value` lies in the range that this unit allows."""
        return self.low <= value <= self.high


@dataclass(frozen=True, slots=True)
class Concept:
    """One line of a table.

    Attributes:
        key: The key that rules match on: kebab case, unique in its domain.
        display: The plain clinical name.
        domain: The table.
        code: ICD-10-CM, LOINC or CVX, or `None` where no code fits exactly.
        names: The display and every synonym. A name of at most three letters that the table writes in capitals
            is found in capitals only; a leading `=` asks for the exact case of a longer one ("=AIDS").
        chronic: Whether the condition stays once it is diagnosed.
        event: Whether a symptom comes and is over, so that "history of" it refers to the past ("seizure"); other
            symptoms last or come again ("back pain").
        drug_class: The drug class of medications.
        units: The units of quantities, the usual one first.
    """

    key: str
    display: str
    domain: Domain
    code: Coding | None = None
    names: tuple[str, ...] = ()
    chronic: bool = False
    event: bool = False
    drug_class: str | None = None
    units: tuple[Unit, ...] = ()


@lru_cache(maxsize=1)
def concepts() -> tuple[Concept, ...]:
    """Return all concepts of the curated tables and of the user's own, in the order of `Domain`.

    Raises:
        InputError: A table of the user's own cannot be used; the message names file and line.
    """
    return tuple(one for domain in Domain for one in _of_domain(domain))


def _of_domain(domain: Domain) -> Iterable[Concept]:
    """Return the concepts of one table, with the names and concepts that the user's own tables add."""
    rows = list(_rows(domain.value))
    known = {row["key"]: _parse(domain, row) for row in rows}
    columns = list(rows[0])
    for _, row in own_rows(domain.value, columns, empty=[name for name in columns if name != "key"]):
        known[row["key"]] = _with_own(domain, known.get(row["key"]), row)
    return known.values()


def _with_own(domain: Domain, known: Concept | None, row: dict[str, str]) -> Concept:
    if known is None:
        own = {**row, "display": row["display"] or row["key"].replace("-", " ")}
        try:
            return _parse(domain, own)
        except ValueError as error:
            raise InputError(f"{domain.value}.tsv of your own, row {safe_name(row['key'])}: {error}") from None
    further = [name for name in row["synonyms"].split("|") if name and name not in known.names]
    return replace(known, names=(*known.names, *further))


def is_chronic(key: str | None) -> bool:
    """True if the curated tables mark a problem as one that persists once it is diagnosed."""
    known = _by_key().get((Domain.PROBLEM, key)) if key is not None else None
    return known is not None and known.chronic


def one_in(known: Concept) -> int:
    """Return the number of people for each one who has this condition, if a thousand or more; otherwise 0.

    `data/rare.tsv` gives it by ICD-10-CM category, as an order of magnitude (Orphanet's prevalences and national
    registers, from memory [K]). A category may hold commoner things too: the table errs on the side of rare. What
    has no code of its own, procedures that mark a life among them ("liver transplant"), is in
    `data/rare_concepts.tsv`.
    """
    if (named := _rare_concepts().get(known.key)) is not None:
        return named
    if known.code is None or known.code.system != ICD10CM:
        return 0
    code, rare = known.code.code, _rare()
    return next((rare[code[:size]] for size in range(len(code), 2, -1) if code[:size] in rare), 0)


@lru_cache(maxsize=1)
def _rare() -> Mapping[str, int]:
    return {row["icd10cm"]: int(row["one_in"]) for row in _rows("rare")}


@lru_cache(maxsize=1)
def _rare_concepts() -> Mapping[str, int]:
    return {row["key"]: int(row["one_in"]) for row in _rows("rare_concepts")}


@lru_cache(maxsize=1)
def further_concepts() -> tuple[Concept, ...]:
    """Return the additions of the name tables: drugs without a class, problems with an ICD-10-CM code of their own.

    A further name of a curated drug comes as that drug's concept once more, with these names in place of its
    own, so that rules see the key and the class they know.
    """
    curated = {item.key: item for item in concepts() if item.domain is Domain.MEDICATION}
    drugs = ((key, tuple(row["name"] for row in rows)) for key, rows in groupby(_rows("drug_names"), _key))
    taken = {item.key for item in concepts() if item.domain in (Domain.PROBLEM, Domain.SYMPTOM)}
    problems = ((key, list(rows)) for key, rows in groupby(_rows("icd10cm_names"), _key) if key not in taken)
    return (
        *(replace(curated[key], names=names) if key in curated else _drug(key, names) for key, names in drugs),
        *(_problem(rows) for _, rows in problems),
    )


def _key(row: dict[str, str]) -> str:
    return row["key"]


def _drug(key: str, names: tuple[str, ...]) -> Concept:
    spelled = key.replace("-", " ")
    display = next((name for name in names if name.replace("-", " ") == spelled), spelled)
    return Concept(key, display, Domain.MEDICATION, names=names)


def _problem(rows: list[dict[str, str]]) -> Concept:
    row = rows[0]
    code = _icd10cm(row["code"], row["display"]) if row["code"] else None
    names = tuple(each["name"] for each in rows)
    chronic = row["course"] == "chronic"
    return Concept(row["key"], row["name"], Domain.PROBLEM, code=code, names=names, chronic=chronic)


@lru_cache(maxsize=1)
def _by_key() -> Mapping[tuple[Domain, str], Concept]:
    # A curated concept last, so that it wins over its double with further names.
    return MappingProxyType({(item.domain, item.key): item for item in (*further_concepts(), *concepts())})


def concept(domain: Domain, key: str) -> Concept:
    """Return the concept with this key.

    Raises:
        KeyError: No such concept in this domain.
    """
    return _by_key()[domain, key]


def _rows(table_name: str) -> Iterator[dict[str, str]]:
    return table_rows("bedside.tools.terminology", table_name)


def _parse(domain: Domain, row: dict[str, str]) -> Concept:
    synonyms = tuple(name for name in row["synonyms"].split("|") if name)
    code = _coding(row)
    return Concept(
        key=row["key"],
        display=row["display"],
        domain=domain,
        code=code,
        names=synonyms if f"={row['display']}" in synonyms else (row["display"], *synonyms),
        chronic=row.get("course") == "chronic",
        event=row.get("course") == "event",
        drug_class=row.get("drug_class"),
        units=tuple(_unit(spec, code) for spec in (row.get("units") or "").split(";") if spec),
    )


def _icd10cm(code: str, display: str) -> Coding:
    return Coding(system=ICD10CM, code=code, display=display, version=ICD10CM_VERSION)


def _coding(row: dict[str, str]) -> Coding | None:
    for column, system in (("icd10cm", ICD10CM), ("loinc", LOINC), ("cvx", CVX)):
        if code := row.get(column):
            display = row[f"{column}_display"]
            return (
                _icd10cm(code, display) if system == ICD10CM else Coding(system=system, code=code, display=display)
            )
    return None


def _unit(spec: str, default: Coding | None) -> Unit:
    found = _UNIT.fullmatch(spec)
    if found is None:
        raise ValueError(f"malformed unit in a table: {spec!r}")
    code = default
    if found["code"] is not None:
        known = found["code"] != "-"
        code = Coding(system=LOINC, code=found["code"], display=found["display"]) if known else None
    spellings = tuple(filter(None, found["spellings"].split("|")))
    return Unit(found["ucum"], Decimal(found["low"]), Decimal(found["high"]), spellings, code)
