"""Programs for the machines of winners, made after the award from a design that stays here; nothing is run unseen."""
