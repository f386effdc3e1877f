"""The scribe: a FHIR R4 transaction compiled from grounded facts."""

from bedside.agents.scribe.bundle import BundleResult, DeviceInfo, write_bundle

__all__ = ["BundleResult", "DeviceInfo", "write_bundle"]
