"""The pharmacist: interactions, contraindications, duplicates and what is missing, by a table of rules."""

from bedside.agents.pharmacist.review import review_medicines
from bedside.agents.pharmacist.step import check_medicines_step

__all__ = ["check_medicines_step", "review_medicines"]
