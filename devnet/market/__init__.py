"""Whole markets on a virtual clock: shops, arrivals, breakdowns, cheats; planner and award rule are a node's own."""
