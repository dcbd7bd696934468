"""When a result is due: `calendars` of an office, `deadlines` counted over them, the `clock` of each action."""
