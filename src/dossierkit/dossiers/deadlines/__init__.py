"""When a result is due: `calendars` of an office, `day_counting` over them, the `dossier_clock` that actions start and pause."""
