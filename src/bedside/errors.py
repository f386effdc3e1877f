"""Every error that Bedside raises, in one tree.

    BedsideError
    ├── GraphError              the user's graph is wrong
    │   ├── PrivacyFlowError    private data could reach a remote node
    │   └── NodeFailedError     a node's own code failed; its message is withheld
    ├── BoundaryError           the boundary could not do its work, so nothing was released
    │   └── SealError           a sealed text is forged, foreign, or meant for another destination
    ├── ModelError              a model was unavailable or did not answer usefully
    │   ├── EndpointError       an endpoint is not declared, not allowed or not reachable
    │   ├── ContextOverflowError  the prompt and the longest answer do not fit the model's context
    │   └── AnswerError         it answered, and the answer is none
    │       ├── TruncatedAnswerError  it was cut off at its budget of tokens
    │       ├── LoopingAnswerError    it repeats itself and was stopped
    │       └── InvalidAnswerError    it does not fit the schema that it was to fill
    ├── MissingExtraError       an optional package is missing; the message is the install command
    ├── CaseError               a case or document is unknown, or was deleted
    ├── ConflictError           somebody else was faster: what was meant is no longer as it was
    ├── QueueFullError          so many runs wait that no further one is taken
    ├── FhirServerError         a FHIR server does not take or give what it should
    │   └── FhirConflictError   it holds another version, or several that a condition matches
    ├── PersistenceError        what was kept cannot be read or written, or is not what was kept
    └── InputError              a file or argument that the user gave cannot be used

No message ever contains the text of a note, a question or an answer: handles, offsets, counts and types only.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches
from typing import Literal

__all__ = [
    "AnswerError",
    "BedsideError",
    "BoundaryError",
    "CaseError",
    "ConflictError",
    "ContextOverflowError",
    "EndpointError",
    "FhirConflictError",
    "FhirServerError",
    "GraphError",
    "InputError",
    "InvalidAnswerError",
    "LoopingAnswerError",
    "MissingExtraError",
    "ModelError",
    "ModelTimeoutError",
    "NodeFailedError",
    "PersistenceError",
    "PrivacyFlowError",
    "QueueFullError",
    "SealError",
    "TruncatedAnswerError",
    "safe_name",
    "unknown_name",
]

_NAME = re.compile(r"[A-Za-z_][\w\-]{0,39}")


def safe_name(name: object) -> str:
    """Return a name as an error message may show it: of a name with unusual characters only the length."""
    text = str(name)
    return repr(text) if _NAME.fullmatch(text) else f"(a name of {len(text)} characters that is no identifier)"


def unknown_name(name: object, known: Iterable[str]) -> str:
    """Return an undeclared name as an error message may show it.

    A node may have put a word of the note where a name belongs: only its length is shown, and the known name it is
    nearest to.
    """
    near = get_close_matches(str(name), list(known), n=1)
    hint = f"; did you mean {safe_name(near[0])}?" if near else ""
    return f"(a name of {len(str(name))} characters{hint})"


class BedsideError(Exception):
    """The base of all errors of this package."""


class GraphError(BedsideError):
    """A graph whose parts cannot work together."""


class PrivacyFlowError(GraphError):
    """A graph in which private data could reach a remote node.

    Attributes:
        node: The node concerned, or `None` where the graph as a whole is.
        channel: The state channel concerned, or `None`.
        rule: The rule that is broken, in one sentence.
        remedy: The correct code to write instead.
    """

    def __init__(self, rule: str, *, remedy: str, node: str | None = None, channel: str | None = None) -> None:
        self.node = node
        self.channel = channel
        self.rule = rule
        self.remedy = remedy
        named = [f"{what} {safe_name(name)}" for what, name in (("node", node), ("channel", channel)) if name]
        where = ", ".join(named)
        super().__init__(f"{where + ': ' if where else ''}{rule} Remedy: {remedy}")


class NodeFailedError(GraphError):
    """A failure in the code of a node or router.

    The message of the failure may quote a note, and LangGraph stores and logs it: type and place are shown.

    Attributes:
        node: The node.
        original: The failure itself, for a developer at a debugger. It is neither stored nor chained.
        place: File and line in the user's code.
        is_shown: Whether the message is the failure's own, see `shown`.
    """

    def __init__(self, node: str, original: BaseException, place: str = "") -> None:
        self.node = node
        self.original = original
        self.place = place
        self.is_shown = False
        where = f" at {place}" if place else ""
        super().__init__(
            f"node {safe_name(node)} failed with {type(original).__name__}{where}; "
            "its message may quote the patient's text and is withheld (see error.original)"
        )

    def shown(self) -> NodeFailedError:
        """Return the same with message and traceback of the failure: for a synthetic case, and for no other."""
        whole = NodeFailedError(self.node, self.original, self.place)
        where = f" at {self.place}" if self.place else ""
        name = type(self.original).__name__
        whole.args = (f"node {safe_name(self.node)} failed with {name}{where}: {self.original}",)
        whole.__cause__, whole.is_shown = self.original, True
        return whole


class BoundaryError(BedsideError):
    """A failure of the boundary; nothing was released."""


class SealError(BoundaryError):
    """A sealed text that does not verify: forged, of another case, or meant for another destination."""


End = Literal[
    "",
    "broken_off",
    "busy",
    "key_refused",
    "not_served",
    "rejected",
    "timed_out",
    "unreachable",
    "untrusted",
]


class ModelError(BedsideError):
    """A model that is unavailable, or whose answer is unusable.

    Attributes:
        end: The outcome of a call to a server that ended without an answer: a remote call has it as its outcome.
    """

    def __init__(self, message: str = "", *, end: End = "") -> None:
        self.end = end
        super().__init__(message)


class EndpointError(ModelError):
    """An endpoint that is malformed, not declared for this use, or does not answer."""


class ContextOverflowError(ModelError):
    """A prompt and longest answer that together exceed the model's context. Nothing was cut, nothing ran.

    Args:
        prompt: Tokens of the prompt; of a server's, an estimate.
        context: Tokens of the context, or `None` where a server turned the prompt away.
    """

    def __init__(self, prompt: int, answer: int, context: int | None) -> None:
        if context is None:
            says = (
                f"a prompt of about {prompt} tokens and an answer of up to {answer} do not fit the server's "
                "context; show the model less at once, or tell its spec what the server has: ,context=TOKENS"
            )
        else:
            says = (
                f"a prompt of {prompt} tokens and an answer of up to {answer} do not fit a context of {context}; "
                "show the model less at once, or give its spec a larger one: ,context=TOKENS"
            )
        super().__init__(says)


class ModelTimeoutError(ModelError):
    """A model that did not answer in time."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"the model did not answer within {seconds:g} s; give it more with --timeout SECONDS")


class AnswerError(ModelError):
    """An answer of a model that must not be taken for one."""


class TruncatedAnswerError(AnswerError):
    """An answer that was cut off at its budget."""

    def __init__(self, tokens: int, *, thinking: bool) -> None:
        where = "while it still thought" if thinking else "before its end"
        super().__init__(f"the answer was cut off {where}, at its budget of {tokens} tokens")


class LoopingAnswerError(AnswerError):
    """An answer that was stopped because the model repeated the same passage again and again."""

    def __init__(self) -> None:
        super().__init__("the model repeated itself without end and was stopped")


class InvalidAnswerError(AnswerError):
    """An answer that does not fit the schema."""


class MissingExtraError(BedsideError):
    """An optional package that is missing."""

    def __init__(self, package: str, extra: str) -> None:
        super().__init__(f"{package} is not installed. Install it with: pip install 'bedside[{extra}]'")


class CaseError(BedsideError):
    """A case or a document that is unknown to the case store, or was deleted."""


class ConflictError(BedsideError):
    """Somebody else was faster, or the thing is no longer in the state for which this was meant. Look again."""


class QueueFullError(BedsideError):
    """A full queue: no further run is taken. Nothing was kept of it; try again later."""


class FhirServerError(BedsideError):
    """A FHIR server that cannot be reached, refuses, or answers with something else.

    Attributes:
        status: The HTTP status, or `None` where there was no answer.
        issues: Of each issue of its OperationOutcome the severity, the code and the place. What a server writes
            freely may quote the patient and is not kept.
        stored: `False` where nothing was stored, `None` where that is not known.
    """

    def __init__(
        self, what: str, status: int | None = None, issues: tuple[str, ...] = (), *, stored: bool | None = False
    ) -> None:
        self.status = status
        self.issues = issues
        self.stored = stored
        told = f"{what} (status {status})" if status is not None else what
        unsure = ["whether it was stored is not known"] if stored is None else []
        super().__init__("; ".join([told, *issues, *unsure]))


class FhirConflictError(FhirServerError):
    """A conflict: the resource to change is not as the sender believes. Read it anew, then decide."""


class PersistenceError(BedsideError):
    """A key, a database or a row that cannot be used; the message names table and row handle, and the remedy."""


class InputError(BedsideError):
    """A file or an argument that cannot be used; the message names it and the remedy."""
