"""The installed tables as a source of codes: no file, no server, and no claim of completeness."""

from __future__ import annotations

from collections import defaultdict
from functools import cached_property

from bedside.boundary import SealedText
from bedside.records import Coding
from bedside.tools.terminology import check_digits, ucum
from bedside.tools.terminology.concepts import Concept, concepts, further_concepts
from bedside.tools.terminology.phrases import normalize, tokenize
from bedside.tools.terminology.protocol import Expansion, Hit, Lookup, Translation, Validation, Verdict
from bedside.tools.terminology.systems import LOINC, SNOMED, UCUM

__all__ = ["InstalledTables"]


class InstalledTables:
    """ICD-10-CM, LOINC and CVX as far as the tables contain them, and all of UCUM.

    A code that no table has is `UNKNOWN`, unless its check digit proves that there is none.
    """

    def lookup(self, system: str, code: str) -> Lookup:
        """Look up a code, as in `Terminology`."""
        if system == UCUM:
            known = ucum.is_valid(code)
            return Lookup(Verdict.YES, Hit(UCUM, code, code)) if known else Lookup(Verdict.NO, why="no UCUM unit")
        if (coding := self._codings.get((system, code))) is not None:
            return Lookup(Verdict.YES, _hit(coding, 1.0))
        check = {LOINC: check_digits.loinc, SNOMED: check_digits.snomed}.get(system)
        if check is not None and not check(code):
            return Lookup(Verdict.NO, why="the check digit is wrong")
        return Lookup(Verdict.UNKNOWN, why="not in the installed tables, which are no complete code system")

    def validate_code(self, system: str, code: str, display: str | None = None) -> Validation:
        """Validate a code and its display; a display that no table has is `UNKNOWN`: there may be other names."""
        found = self.lookup(system, code)
        if found.hit is None or display is None or system == UCUM:
            return Validation(found.verdict, found.hit.display if found.hit else None, found.why)
        if _form(display) in self._names[system, code]:
            return Validation(Verdict.YES, found.hit.display)
        return Validation(Verdict.UNKNOWN, found.hit.display, "the display is none of the names in the tables")

    def expand(
        self,
        text: str | SealedText | None = None,
        *,
        system: str | None = None,
        value_set: str | None = None,
        count: int = 10,
    ) -> Expansion:
        """Search for concepts with all the words, as in `Terminology`, an exact name first."""
        asked = _form(text.text if isinstance(text, SealedText) else text or "")
        if not asked or value_set is not None:
            return Expansion(Verdict.UNKNOWN, why="the tables answer searches by words only")
        words = set(asked.split())
        hits: dict[tuple[str, str], Hit] = {}
        for form, coding in self._searchable:
            if (system is None or coding.system == system) and words <= set(form.split()):
                score = 1.0 if form == asked else 0.9 * len(words) / len(form.split())
                known = hits.get((coding.system, coding.code))
                if known is None or known.score < score:
                    hits[coding.system, coding.code] = _hit(coding, round(score, 4))
        best = sorted(hits.values(), key=lambda hit: (-hit.score, hit.system, hit.code))[:count]
        verdict = Verdict.YES if best else Verdict.UNKNOWN
        return Expansion(verdict, tuple(best), "" if best else "no table has these words")

    def translate(self, system: str, code: str, target: str) -> Translation:
        """Return `UNKNOWN`, in the form of `Terminology`: the tables hold no map."""
        return Translation(Verdict.UNKNOWN, why="no map is installed")

    @cached_property
    def _coded(self) -> list[tuple[Concept, Coding]]:
        known = (*concepts(), *further_concepts())
        main = [(concept, concept.code) for concept in known if concept.code is not None]
        other = [(c, unit.code) for c in known for unit in c.units if unit.code is not None and unit.code != c.code]
        return [*main, *other]

    @cached_property
    def _codings(self) -> dict[tuple[str, str], Coding]:
        return {(coding.system, coding.code): coding for _, coding in reversed(self._coded)}

    @cached_property
    def _searchable(self) -> list[tuple[str, Coding]]:
        return [
            (_form(name), coding) for concept, coding in self._coded for name in (*concept.names, coding.display)
        ]

    @cached_property
    def _names(self) -> dict[tuple[str, str], set[str]]:
        names: dict[tuple[str, str], set[str]] = defaultdict(set)
        for form, coding in self._searchable:
            names[coding.system, coding.code].add(form)
        return names


def _hit(coding: Coding, score: float) -> Hit:
    return Hit(coding.system, coding.code, coding.display, None, score)


def _form(name: str) -> str:
    return " ".join(normalize(token.text) for token in tokenize(name))
