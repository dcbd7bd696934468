"""What an author should know of a procedure file, and how two revisions of one differ."""
