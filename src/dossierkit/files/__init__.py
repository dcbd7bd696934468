"""Attachments: intake, content checks, virus scans, and the stores of their bytes.

- `intake`, `inspection`, `clamd`: what is taken, what a file really is, virus scans
- `ids`: ids of stored files, by SHA-256
- `disk`, `objects`, `s3`: files in a folder; in object storage; the address and credentials of S3-compatible storage
- `copying`: all files of one store into another one
- `reading`: stored bytes, compared with their hash on their way out
"""
