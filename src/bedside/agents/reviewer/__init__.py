"""The reviewer: a person's word before anything leaves, and before a result is final."""

from bedside.agents.reviewer.apply import apply_review
from bedside.agents.reviewer.step import Reviewed, after_questions, review_result

__all__ = ["Reviewed", "after_questions", "apply_review", "review_result"]
