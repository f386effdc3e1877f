"""The tools of Bedside for an agent (Model Context Protocol).

Whoever runs the agent is outside unless declared inside. What a client outside receives is text that the boundary
sealed for release, codes of tables, numbers of a closed set, or a refusal; never words of a note. Notes are named
by handles: a client outside has no need to hold them.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Protocol, Self, TypeVar

from mcp.server import MCPServer
from mcp.server.mcpserver.exceptions import ToolError

import bedside
from bedside.boundary import Egress, SealedText, deidentify
from bedside.errors import BedsideError, InputError
from bedside.flow import CompiledClinicalGraph, Services, Zone
from bedside.plugins import load_named
from bedside.records import CaseId, CaseResult
from bedside.session import load_graph
from bedside.session.done import Done
from bedside.session.line import line_of
from bedside.session.notes import Note, read_notes

__all__ = ["INSIDE", "FileNotes", "Notes", "make_server"]

INSIDE: ContextVar[bool] = ContextVar("inside", default=False)
"""True while a client is served that is declared inside: it receives what its own hospital may see."""

DESTINATION = "mcp:client"
INSTRUCTIONS = """Clinical notes, read on the machine where they are. A draft for a clinician, not a medical device.
`notes` lists handles; `read` and `triage` take one. Outside the hospital the results hold no word of a note: text
that was released for a remote reader, codes, an urgency from 1 (immediate) to 5 (routine)."""
_REFUSED = (
    "refused: free text leaves only with a person's yes. Run bedside deidentify on the machine of the notes, or "
    "declare the client inside"
)
MOST_TERM = 200
T = TypeVar("T")


class Notes(Protocol):
    """The notes that a client may name, by handles that tell nothing."""

    def listed(self) -> list[str]:
        """Return the handles."""
        ...

    def get(self, handle: str) -> Note:
        """Return a note.

        Raises:
            InputError: There is none of this handle.
            CaseError: There is none that this client may read.
        """
        ...


@dataclass(frozen=True, slots=True)
class FileNotes:
    """The notes of files and folders.

    Attributes:
        notes: By handle.
    """

    notes: Mapping[str, Note]

    @classmethod
    def of(cls, paths: Sequence[str]) -> Self:
        """Return the notes of files and folders; one that cannot be read is left out."""
        found = [one for one in read_notes(paths) if isinstance(one, Note)]
        return cls({f"note-{number}": one for number, one in enumerate(found, 1)})

    def listed(self) -> list[str]:
        """Return the handles."""
        return list(self.notes)

    def get(self, handle: str) -> Note:
        """Return a note.

        Raises:
            InputError: There is none of this handle.
        """
        if handle not in self.notes:
            raise InputError("there is no note of this handle; the tool notes lists them")
        return self.notes[handle]


class _Tools:
    """The work of the tools.

    Args:
        services: What graphs work with. No endpoint of theirs is asked: the client is the one who reasons.
        notes: The notes.
    """

    def __init__(self, services: Services, notes: Notes) -> None:
        self._services = replace(services, remote_endpoint=None, consultants={}, search=None, review=False)
        self._notes = notes
        self._graphs: dict[str, CompiledClinicalGraph] = {}

    def listed(self) -> list[str]:
        """Return the handles."""
        return self._notes.listed()

    async def result(self, graph: str, handle: str) -> dict[str, Any]:
        """Run a graph on a note and return what the client may see."""
        note = await asyncio.to_thread(self._notes.get, handle)
        case = await asyncio.to_thread(self._services.cases.open, note.documents)
        try:
            app = self._graphs.get(graph) or self._graphs.setdefault(
                graph, await asyncio.to_thread(load_graph, graph, None, None)
            )
            output = await app.ainvoke({"case": case}, context=self._services)
            return self._inside(note, output) if INSIDE.get() else self._outside(app, case, output)
        finally:
            await asyncio.to_thread(self._services.cases.delete, case)

    def _inside(self, note: Note, output: dict[str, Any]) -> dict[str, Any]:
        result = output["result"]
        assert isinstance(result, CaseResult)
        return dict(line_of(Done(note, output, (), self._services.model_name), result))

    def _outside(self, app: CompiledClinicalGraph, case: CaseId, output: dict[str, Any]) -> dict[str, Any]:
        """Return the seals that a remote node of this graph would get, and the urgency."""
        shown = app.shown_to(Zone.REMOTE, output)
        released = [one for value in shown.values() for one in _seals(value)]
        for sealed in released:
            digest = hashlib.sha256(sealed.text.encode()).hexdigest()
            self._services.cases.record_egress(
                case, Egress(sealed.template, DESTINATION, sealed.template, digest, sealed.text, left=True)
            )
        result = output.get("result")
        urgency = result.urgency if isinstance(result, CaseResult) else None
        return {
            "released": list(dict.fromkeys(one.text for one in released)),
            "urgency": urgency if urgency in (1, 2, 3, 4, 5) else None,
            "understood": isinstance(result, CaseResult) and result.understood is True,
        }

    def deidentified(self, handle: str) -> dict[str, Any]:
        """Return a note with placeholders, for a client inside."""
        if not INSIDE.get():
            raise InputError(_REFUSED)
        note = self._notes.get(handle)
        case = self._services.cases.open(note.documents)
        try:
            texts = [deidentify(self._services.boundary, case, one.text) for one in note.documents]
            return {"texts": [one.text for one in texts], "values_hidden": sum(len(one.spans) for one in texts)}
        finally:
            self._services.cases.delete(case)


def make_server(services: Services, notes: Notes) -> MCPServer:
    """Return the server with its tools.

    Args:
        services: What graphs work with.
        notes: The notes that a client may name.
    """
    tools = _Tools(services, notes)
    server = MCPServer("bedside", version=bedside.__version__, instructions=INSTRUCTIONS, log_level="ERROR")

    @server.tool(name="notes")
    async def listed() -> list[str]:
        """List the handles of the notes that can be read."""
        return await _done(asyncio.to_thread(tools.listed))

    @server.tool()
    async def read(note: str) -> dict[str, Any]:
        """Read a note: its problems, drugs, allergies and values, as released text; inside, with their evidence."""
        return await _done(tools.result("note_to_fhir" if INSIDE.get() else "differential", note))

    @server.tool()
    async def triage(note: str) -> dict[str, Any]:
        """Triage a note: 1 immediate to 5 routine, null where a person must read it; inside, with reasons."""
        return await _done(tools.result("triage", note))

    @server.tool(name="deidentify")
    async def deidentified(note: str) -> dict[str, Any]:
        """Return a note with its identifiers replaced. Refused outside: free text needs a person's yes."""
        return await _done(asyncio.to_thread(tools.deidentified, note))

    @server.tool()
    async def validate(resource: str) -> dict[str, Any]:
        """Check a FHIR R4 resource or bundle (JSON text) that the client holds; returns an OperationOutcome."""
        return await _done(asyncio.to_thread(_outcome, resource))

    @server.tool()
    async def terminology(term: str) -> list[dict[str, str]]:
        """Look up a clinical term in the code tables: name, system, code and display."""
        return await _done(asyncio.to_thread(_concepts, term))

    return server


async def _done(work: Awaitable[T]) -> T:
    """Return what a tool gives; of an unforeseen error the type alone, for its message may quote a note."""
    try:
        return await work
    except BedsideError as error:
        message = str(error)
    except Exception as error:
        message = f"not done: {type(error).__name__}"
    raise ToolError(message)


def _seals(value: Any) -> list[SealedText]:
    if isinstance(value, SealedText):
        return [value]
    return [one for part in value for one in _seals(part)] if isinstance(value, list | tuple) else []


def _outcome(text: str) -> dict[str, Any]:
    try:
        resource = json.loads(text, parse_float=Decimal)
    except ValueError:
        raise InputError("the resource is no JSON") from None
    if not isinstance(resource, dict):
        raise InputError("the resource is no JSON object")
    validator = load_named("bedside.validators", "fhir")
    findings = validator.validate(resource, profiles="declared", guide=None)
    found: dict[str, Any] = validator.operation_outcome(findings)
    return found


def _concepts(term: str) -> list[dict[str, str]]:
    if not 0 < len(term) <= MOST_TERM:
        raise InputError(f"a term has 1 to {MOST_TERM} characters")
    find: Callable[[str], Any] = load_named("bedside.lookups", "concepts")
    found = []
    for match in find(term):
        concept = match.concept
        code = concept.code
        found.append(
            {
                "name": concept.display,
                "kind": concept.domain.value,
                **({"system": code.system, "code": code.code, "display": code.display or ""} if code else {}),
            }
        )
    return found
