"""What a node does, one verb phrase a module: pure transitions over events, and the effects they ask for."""
