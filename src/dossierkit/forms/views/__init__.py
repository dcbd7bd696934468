"""What a widget may know of a form, and what of it may be shown to whom."""
