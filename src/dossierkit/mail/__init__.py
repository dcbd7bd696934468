"""Mails: `letters` with texts from `locale`, `notices` of an action, delivery (`outbox`) and SMTP (`transports`)."""
