"""What peers must agree on: types, wire form, acceptance rules, the award rule. Pure: no I/O, no clock, no random."""
