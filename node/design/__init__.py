"""What the node learns from a design: measures, routing, price range and packages; the geometry itself stays inside."""
