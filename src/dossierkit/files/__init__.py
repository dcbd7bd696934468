"""Attachments: taken or refused (`intake`), looked at (`inspection`), scanned (`clamd`), kept by their SHA-256 (`disk`)."""
