"""Finite-capacity schedule and bids: what this provider's machines can promise; refuses to promise an hour twice."""
