"""Attachments: intake (`intake`), content checks (`inspection`), virus scans (`clamd`), storage by SHA-256 (`disk`)."""
