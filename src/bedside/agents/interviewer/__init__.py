"""The interviewer: what to ask a patient next, decided by rules and never by a model."""

from bedside.agents.interviewer.next import MOST_QUESTIONS, Question, next_question

__all__ = ["MOST_QUESTIONS", "Question", "next_question"]
