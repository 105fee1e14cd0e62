"""A whole federation on one machine, for demos, tests and simulation."""
