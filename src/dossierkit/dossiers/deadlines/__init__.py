"""When a result is due: calendars of an office, time limits, pauses, the reason for each day."""
