"""Sealed designs at rest: ciphertexts in files, masters wrapped, contents in clear only on the way to their owner."""
