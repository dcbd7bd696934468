"""Services for dossiers; `engine` is the façade over all of them.

`drafts` before a dossier is sent, `actions` after it, `payments`, `migration` of dossiers to newer revisions, `daily_tasks` that
passing days ask for, `retention` of what is forgotten, `verification` of a whole store, `vietnam_calendar` of its working days.
"""
