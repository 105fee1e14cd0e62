"""Design: intake, measures, routing, estimate and packages."""
