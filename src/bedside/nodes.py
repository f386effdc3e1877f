"""All parts for a graph of one's own: states, nodes, and functions that add several nodes at once.

A state derives from the classes that its nodes need: `class State(NoteState, Triaged, Consultation): …`.
"""

from bedside.agents.consultant import Consultation, add_consultation
from bedside.agents.grounder import ground_step
from bedside.agents.planner import ask_step, asking
from bedside.agents.radiographer.pair import compare_step
from bedside.agents.radiographer.step import conclude_step, look_step
from bedside.agents.reader import read_note
from bedside.agents.reader.step import read_step
from bedside.agents.reviewer import Reviewed, review_result
from bedside.agents.scribe.step import result_step, write_step, writing
from bedside.agents.searcher import Literature, add_search
from bedside.agents.summarizer import summarize_step
from bedside.agents.triager import Triaged, assess
from bedside.agents.triager.step import score_step
from bedside.agents.triager.voice import voice_step
from bedside.graphs.image_report import ImageInput, ImageState
from bedside.graphs.note_to_fhir import NoteState

__all__ = [
    "Consultation",
    "ImageInput",
    "ImageState",
    "Literature",
    "NoteState",
    "Reviewed",
    "Triaged",
    "add_consultation",
    "add_search",
    "ask_step",
    "asking",
    "assess",
    "compare_step",
    "conclude_step",
    "ground_step",
    "look_step",
    "read_note",
    "read_step",
    "result_step",
    "review_result",
    "score_step",
    "summarize_step",
    "voice_step",
    "write_step",
    "writing",
]
