"""A page's own text beside what a model read off its picture: what the two do not say alike is not written."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bedside.agents.transcriber.names import folded
from bedside.agents.transcriber.pages import Page
from bedside.records import ClinicalRecord, Fact, FactKind, Issue, Transcribed

__all__ = ["text_beside_picture"]


def text_beside_picture(
    record: ClinicalRecord, taken: Iterable[Transcribed], pages: Sequence[Page]
) -> tuple[tuple[Fact, ...], list[Issue]]:
    """The facts of text and pictures together, and where they contradict each other.

    A result that the text and the picture of one page give differently is in neither: a person looks at the page.
    One that both give alike stands once, by the text's characters.

    Args:
        record: The facts of the text.
        taken: Which documents are the text of which page.
        pages: What a model read off the pictures.
    """
    page_of = {one.text.document: (one.source.document, one.source.page) for one in taken if not one.by_model}
    left, added, issues = list(record.facts), [], []
    for page in pages:
        place = (page.transcribed[0].source.document, page.transcribed[0].source.page)
        of_text = [one for one in left if page_of.get(one.evidence.document) == place and one.kind is FactKind.LAB]
        for fact in page.facts:
            same_test = [one for one in of_text if _name(one) == _name(fact)]
            if not same_test:
                added.append(fact)
            elif not any(_value(one) == _value(fact) for one in same_test):
                left = [one for one in left if one not in same_test]
                issues.append(
                    Issue(
                        code="text-and-picture-disagree",
                        message="A page's text and its picture give a result differently; neither was written.",
                        severity="high",
                        evidence=fact.evidence,
                        against=same_test[0].evidence,
                    )
                )
    return (*left, *added), issues


def _name(fact: Fact) -> str:
    return fact.concept or folded(fact.display)


def _value(fact: Fact) -> tuple[object, str]:
    if fact.quantity is not None:
        return fact.quantity.value, fact.quantity.comparator or ""
    return "".join((fact.text_value or "").split()).casefold(), ""
