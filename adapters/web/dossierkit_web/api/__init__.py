"""The API: the same dossiers as JSON over HTTP, under `/api/v1`.

`operations` says what an operation is and runs it; `procedures`, `dossiers` and `files` are the operations; `representations`
gives the JSON of values with its schemas; `problem_details` gives errors; `openapi` describes all of it; `routes` mounts it.
"""
