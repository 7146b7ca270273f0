"""What the keeping of the portal puts on record; its tables were made by `documents`."""

from operations.trail import AuditCheck, ChainExport  # noqa: F401
