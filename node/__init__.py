"""What one participant decides and runs alone."""
