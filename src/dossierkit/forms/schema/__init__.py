"""What a file says: the strict reader of JSON, the dialect, references, older drafts, formats, the judge, rules in CEL."""
