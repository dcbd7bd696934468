"""Forms as templates see them: controls with their texts in one language, changes of a form, masked personal data."""
