"""What the system costs: run by ``make bench``, never by the tests."""
