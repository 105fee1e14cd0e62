"""Machines behind one port: start them, watch them, and never run one programme twice."""
