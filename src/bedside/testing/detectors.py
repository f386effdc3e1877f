"""The check `check_detector`: a detector against a table of identifiers, near misses and odd texts."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bedside.boundary import Detection, Detector, Identifier
from bedside.testing.detector_table import IDENTIFIERS, NEAR_MISSES, ODD_TEXTS
from bedside.testing.network import forbid_network

__all__ = ["DetectorReport", "check_detector"]


@dataclass(frozen=True, slots=True)
class DetectorReport:
    """The report on a detector. Some three rows a kind show gross gaps; they are no measurement.

    Attributes:
        recall: Share of the table's identifiers of each kind that were hidden whole, whatever kind it called them.
        missed: Rows of `bedside.testing.detector_table.IDENTIFIERS` that were not hidden whole.
        false_alarms: The near misses in which it found something.
        near_misses: The number of near misses.
        milliseconds: Time for 1,000 characters, measured on 20,000.
    """

    recall: Mapping[Identifier, float]
    missed: tuple[int, ...]
    false_alarms: int
    near_misses: int
    milliseconds: float


def check_detector(
    detector: Detector, *, minimum: Mapping[Identifier, float] | None = None, examples: Sequence[str] = ()
) -> DetectorReport:
    """Run a detector over the kit's table and your examples with the network closed.

    Args:
        detector: Yours.
        minimum: Least recall by kind, 0 to 1. Nothing is demanded of a kind that is not named.
        examples: Synthetic texts of your own: with what it must find between ‹ and ›, or without a mark where it
            must find nothing. The kit knows the usual forms alone, so a detector of another form is tried by these.

    Raises:
        AssertionError: It has no name, fails on a text, gives a span outside the text or without characters or of
            no `Identifier`, quotes what it found, uses the network, misses an example or stays under a minimum. The
            message names rows and offsets, no text.
    """
    if not getattr(detector, "name", ""):
        raise AssertionError("the detector has no name: a refusal could not say which one failed")
    with forbid_network():
        for what, text in ODD_TEXTS:
            _detect(detector, text, what)
        hidden = [_hides(detector, number) for number in range(len(IDENTIFIERS))]
        for number, marked in enumerate(examples):
            _try(detector, marked, f"example {number}")
        alarms = [_detect(detector, text, f"near miss {number}") for number, text in enumerate(NEAR_MISSES)]
        milliseconds = _time(detector)
    totals = Counter(kind for kind, _ in IDENTIFIERS)
    hits = Counter(kind for (kind, _), done in zip(IDENTIFIERS, hidden, strict=True) if done)
    recall = {kind: hits[kind] / total for kind, total in totals.items()}
    for kind, least in (minimum or {}).items():
        if recall.get(kind, 0.0) < least:
            raise AssertionError(
                f"recall of {kind.value} is {recall.get(kind, 0.0):.2f} and the minimum {least:.2f}: "
                f"{hits[kind]} of {totals[kind]} rows were hidden whole"
            )
    missed = tuple(number for number, done in enumerate(hidden) if not done)
    return DetectorReport(recall, missed, sum(map(bool, alarms)), len(NEAR_MISSES), milliseconds)


def _try(detector: Detector, marked: str, what: str) -> None:
    """Raise an error where an example is missed, or something is found in one without a mark."""
    if ("‹" in marked) != ("›" in marked) or marked.count("‹") > 1:
        raise AssertionError(f"{what}: mark one identifier, between ‹ and ›, or none")
    if "‹" in marked:
        if not _hides_whole(detector, marked, what):
            raise AssertionError(f"{what}: what is between the marks was not found whole")
    elif _detect(detector, marked, what):
        raise AssertionError(f"{what}: something was found in a text without a mark")


def _hides(detector: Detector, number: int) -> bool:
    """True if every letter and digit of a row's identifier is found."""
    return _hides_whole(detector, IDENTIFIERS[number][1], f"row {number}")


def _hides_whole(detector: Detector, marked: str, what: str) -> bool:
    start, end = marked.index("‹"), marked.index("›") - 1
    text = marked.replace("‹", "").replace("›", "")
    found = _detect(detector, text, what)
    for one in found:
        if text[start:end] in one.why:
            raise AssertionError(f"{what}: `why` quotes what was found; name the rule or the cue")
    covered = {place for one in found for place in range(one.start, one.end)}
    return all(place in covered for place in range(start, end) if text[place].isalnum())


def _detect(detector: Detector, text: str, what: str) -> Sequence[Detection]:
    try:
        found = detector.detect(text)
    except Exception as error:
        raise AssertionError(f"{what}: the detector failed with {type(error).__name__}") from error
    for one in found:
        if not isinstance(one, Detection):
            raise AssertionError(f"{what}: it gave a {type(one).__name__}; give a Detection")
        if type(one.start) is not int or type(one.end) is not int or not 0 <= one.start < one.end <= len(text):
            raise AssertionError(
                f"{what}: the span {one.start}–{one.end} is empty or outside the {len(text)} characters"
            )
        if not isinstance(one.kind, Identifier):
            raise AssertionError(f"{what}: the kind is a {type(one.kind).__name__}; give an Identifier")
        if not 0 <= one.score <= 1:
            raise AssertionError(f"{what}: the score is outside 0 to 1")
        if not one.why or not one.detector:
            raise AssertionError(f"{what}: a detection without `why` or `detector` explains nothing")
    return found


def _time(detector: Detector) -> float:
    text = max((text for _, text in ODD_TEXTS), key=len)[:20_000]
    started = time.perf_counter()
    detector.detect(text)
    return (time.perf_counter() - started) * 1_000 / (len(text) / 1_000)
