"""Codes of drugs and allergens, from the user's RxNorm and SNOMED CT files or a terminology server inside.

Only the very name counts: a code is given where a source knows a name of the drug word for word, and where just one
concept of the right kind has it. What comes close gets no code: its text says it better. A brand that no source
knows gets the code of its ingredient. Where there are both, RxNorm codes a drug and SNOMED CT another allergen.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from bedside.errors import EndpointError
from bedside.flow import CodeSources
from bedside.records import ClinicalRecord, Coding, Fact, FactKind
from bedside.tools.terminology import (
    Domain,
    FhirServer,
    Hit,
    Terminology,
    Verdict,
    concept,
    rxnorm,
    snomed,
    snomed_list,
    tokenize,
)
from bedside.tools.terminology.phrases import normalize
from bedside.tools.terminology.systems import RXNORM, SNOMED

__all__ = ["with_codes"]

_VERY_NAME = 0.98
"""The least score of a name that equals the requested one, or its synonym."""
_TAG = re.compile(r"\(([a-z ]+)\)\s*\Z")
# SNOMED CT's semantic tags, of what can be taken and of what one can react to.
_PRODUCTS = frozenset(
    {"product", "medicinal product", "medicinal product form", "clinical drug", "real clinical drug"}
)
_SUBSTANCES = frozenset({"substance", "organism", "physical object"}) | _PRODUCTS
_AS_PRODUCT = ("Product containing {}", "{}-containing product", "{} product")
_MOST_HITS = 50


_TITLES = {RXNORM: "RxNorm", SNOMED: "SNOMED CT"}


@dataclass(frozen=True, slots=True, eq=False)
class _Source:
    system: str
    terminology: Terminology


def with_codes(record: ClinicalRecord, sources: CodeSources) -> tuple[ClinicalRecord, list[str]]:
    """A record whose drugs and allergens have the codes that the sources know, and what was not done.

    Args:
        record: Codes that are there stay.
        sources: Files and server of the user. Without any the record comes back as it was.

    Raises:
        InputError: A file is missing or of another layout; the message names file, line and columns.
        EndpointError: The server is not on this machine and its host is not declared inside.
    """
    asked = _opened(sources)
    if not asked:
        return record, []
    failed: dict[_Source, str] = {}
    wanted = {fact.id for fact in record.uncoded()}
    facts = []
    for fact in record.facts:
        code = _code(fact, asked, failed) if fact.id in wanted else None
        facts.append(fact.model_copy(update={"code": code}) if code else fact)
    not_done = [f"codes of {_TITLES[source.system]} were not looked up: {why}" for source, why in failed.items()]
    return record.model_copy(update={"facts": tuple(facts)}), not_done


@lru_cache(maxsize=4)
def _opened(sources: CodeSources) -> tuple[_Source, ...]:
    """Open the sources, the user's files before the server: what is on this machine comes first."""
    opened: list[_Source] = []
    if sources.rxnorm is not None:
        opened.append(_Source(RXNORM, rxnorm(sources.rxnorm)))
    if sources.snomed:
        index = snomed_list(sources.snomed[0]) if len(sources.snomed) == 1 else snomed(*sources.snomed[:2])
        opened.append(_Source(SNOMED, index))
    if sources.server is not None:
        server = FhirServer(sources.server, inside=sources.inside)
        if not server.is_inside:
            raise EndpointError(
                "a terminology server is asked with names of drugs of a case: its host must be this machine, or be "
                "declared inside"
            )
        opened += [_Source(system, server) for system in (RXNORM, SNOMED)]
    return tuple(opened)


def _code(fact: Fact, sources: Sequence[_Source], failed: dict[_Source, str]) -> Coding | None:
    drug = fact.kind is FactKind.MEDICATION or _is_drug(fact)
    order = (RXNORM, SNOMED) if drug else (SNOMED, RXNORM)
    for name in _names(fact):
        for source in sorted(sources, key=lambda one: order.index(one.system)):
            # One that is down is not asked again and again.
            if source not in failed and (code := _of_name(name, source, fact.kind, failed)) is not None:
                return code
    return None


def _of_name(name: str, source: _Source, kind: FactKind, failed: dict[_Source, str]) -> Coding | None:
    product = kind is FactKind.MEDICATION and source.system == SNOMED
    for form in _AS_PRODUCT if product else ("{}",):
        asked = form.format(name)
        found = source.terminology.expand(asked, system=source.system, count=_MOST_HITS)
        if found.verdict is Verdict.UNKNOWN:
            failed[source] = found.why
            return None
        fitting = [hit for hit in found.hits if _is_of_its_kind(hit, kind)]
        # Several concepts may share a synonym; only one of them can have it as its own name.
        own = [hit for hit in fitting if _words(_TAG.sub("", hit.display)) == _words(asked)]
        for chosen in (own, [hit for hit in fitting if hit.score >= _VERY_NAME]):
            if len({hit.code for hit in chosen}) == 1:
                return chosen[0].coding.model_copy(update={"version": chosen[0].version})
    return None


def _is_of_its_kind(hit: Hit, kind: FactKind) -> bool:
    """True if a SNOMED concept is a thing to take, or to react to; a concept without its tag passes."""
    if hit.system != SNOMED:
        return True
    tag = _TAG.search(hit.display.lower())
    if tag is None:
        return kind is FactKind.ALLERGY or "product" in hit.display.lower()
    return tag[1] in (_PRODUCTS if kind is FactKind.MEDICATION else _SUBSTANCES)


def _names(fact: Fact) -> Iterator[str]:
    """The names under which a source may know a thing: as displayed, then those of the table."""
    seen: set[str] = set()
    for name in _further_names(fact):
        for form in (name, " / ".join(sorted(re.split(r"\s*/\s*|-", name)))):
            if (words := _words(form)) and words not in seen:
                seen.add(words)
                yield form


def _further_names(fact: Fact) -> Iterator[str]:
    yield fact.display
    for domain in (Domain.MEDICATION, Domain.ALLERGEN):
        try:
            known = concept(domain, fact.concept or "")
        except KeyError:
            continue
        # The first names are the generic ones; a brand of the same drug would be another product.
        yield known.display
        yield from (name for name in known.names if name.islower())


def _is_drug(fact: Fact) -> bool:
    try:
        return concept(Domain.MEDICATION, fact.concept or "") is not None
    except KeyError:
        return False


def _words(name: str) -> str:
    return " ".join(normalize(token.text) for token in tokenize(name))
