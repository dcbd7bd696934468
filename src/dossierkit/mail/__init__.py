"""Mails: what they say (`letters`), which ones a change sends (`notices`), when they go out (`outbox`) and how (`transports`)."""
