"""What the network costs, beside what others pay for the same work."""
