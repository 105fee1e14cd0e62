"""How talking to peers can fail; the class says whose fault it is, for that decides what happens next."""


class FederationError(Exception):
    """Base of every error that ``federation`` raises."""


class ListenError(FederationError):
    """The operator's: an address or identity that this node cannot use. Stop at start and say so in one line."""


class SizeError(FederationError):
    """Ours: a payload larger than the network carries. Nothing was sent; send less."""


class RefusedError(FederationError):
    """The peer heard us and says no. Asking again will not help until something changes there.

    An ``Answer`` raises it to refuse, and ``request`` raises it again at the asking side with the same code and text.
    Other codes come from the network: ``unsupported`` (no such protocol there), ``rejected`` (not a request that an
    honest peer sends), ``ignored`` (of no use there), ``oversize`` (the answer is larger than is carried), and
    ``failed`` (its side broke; the text is the kind of error and nothing more).
    """

    def __init__(self, code: str, text: str = "") -> None:
        super().__init__(f"{code}: {text}" if text else code)
        self.code = code
        self.text = text


class UnavailableError(FederationError):
    """Nobody's: the peer or the way to it is not there now. Try again later, within a deadline."""


class UnreachableError(UnavailableError):
    """No connection, no known address, or the connection broke before the answer was complete."""


class DeadlineError(UnavailableError):
    """The answer was not complete in time; whether the request was heard is unknown."""
