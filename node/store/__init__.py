"""What one node remembers: an append-only event log and the effects still owed, in one SQLite file."""
