"""Audits by both verifiers: Guildmark's own, and the one file that shares no code with it."""
