"""Chat models and search engines by one spec string, and the one way in which a remote node reaches each."""

from bedside.models.backends.scripted import ScriptedChatModel
from bedside.models.chat import ProfiledChatModel
from bedside.models.endpoints import Backend, Endpoint, ModelNames
from bedside.models.engines import RecordedEngine, SearchEngine, search_engine
from bedside.models.gate import EgressRecord, Gate
from bedside.models.multiple_choice import Choice, choose_one
from bedside.models.remote import RemoteModel
from bedside.models.reply import Finish, Piece, Request
from bedside.models.schema_answers import structured
from bedside.models.search import RemoteSearch, WebSearch
from bedside.models.sources import Sources, hits_in
from bedside.models.vision import Sight, probe_vision

__all__ = [
    "Backend",
    "Choice",
    "EgressRecord",
    "Endpoint",
    "Finish",
    "Gate",
    "ModelNames",
    "Piece",
    "ProfiledChatModel",
    "RecordedEngine",
    "RemoteModel",
    "RemoteSearch",
    "Request",
    "ScriptedChatModel",
    "SearchEngine",
    "Sight",
    "Sources",
    "WebSearch",
    "choose_one",
    "hits_in",
    "probe_vision",
    "search_engine",
    "structured",
]
