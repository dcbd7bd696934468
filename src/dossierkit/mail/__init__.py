"""Mails: their texts (`letters`), the mails of each action (`notices`), delivery (`outbox`) and SMTP (`transports`)."""
