"""Why there is no machine code; the winner then gets the model under its licence."""


class NoCodeError(Exception):
    """This part, machine or node does not allow it. The text says why; hand over the model instead."""
