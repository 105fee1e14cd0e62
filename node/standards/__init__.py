"""Export to and import from the standards of the field; nothing of the federation is decided here."""
