"""Sample parts of our own making for demos and tests; ``make_parts`` makes them and says what is true of them."""
