"""Attachments: kept by their SHA-256 (`disk`), scanned for viruses (`clamd`), looked at before they are taken (`inspection`)."""
