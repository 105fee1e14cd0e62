"""What peers say to each other: gossip, requests, directory, delivery; does not know the chain."""
