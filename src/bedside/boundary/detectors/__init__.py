"""The built-in detectors: Presidio's engine with clinical recognizers, one idea a file, and a local model."""

from bedside.boundary.detectors.model import ModelDetector
from bedside.boundary.detectors.presidio import PresidioDetector

__all__ = ["ModelDetector", "PresidioDetector"]
