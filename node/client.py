"""The command line's side of a node's HTTP interface; the only other user of it is a browser."""

import json
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from node.errors import ConfigError, RequestError
from node.faults import FailedError, NodeUnreachableError, NotPermittedError

DEVNET = Path(".guildmark/devnet")
"""Where a running devnet keeps its nodes, below the current folder."""


def find_home(node: str) -> Path | None:
    """The folder of the node that ``node`` names, or None when it is an address."""
    for candidate in (Path(node), DEVNET / "nodes" / node):
        if (candidate / "api.url").is_file():
            return candidate
    return None


def connect(node: str, token_file: Path | None = None) -> "Client":
    """A client of ``node``: a folder, an address, or a name in the running devnet; with its operator's token or yours.

    Raises:
        NodeUnreachableError: it names nothing that runs here.
    """
    if node.startswith(("http://", "https://")):
        return Client(node, token="" if token_file is None else token_file.read_text().strip())
    home = find_home(node)
    if home is None:
        raise NodeUnreachableError(
            f"no node {node!r} here. Start a federation with 'make devnet', or give --node a folder or address"
        )
    token = (home / "api.token" if token_file is None else token_file).read_text().strip()
    return Client((home / "api.url").read_text().strip(), token)


class Client:
    """One node's interface; every failure is one of our own errors."""

    def __init__(self, url: str, token: str) -> None:
        self._url = url
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._http = httpx.Client(base_url=url, headers=headers, timeout=httpx.Timeout(60.0, read=120.0))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, tb: TracebackType | None) -> None:
        self._http.close()

    def estimate(self, name: str, content: bytes, wishes: dict[str, Any]) -> dict[str, Any]:
        """What making the part would take."""
        return self._json("POST", "/estimates", params=_given(wishes, name), content=content)

    def post(self, name: str, content: bytes, wishes: dict[str, Any]) -> dict[str, Any]:
        """Post a job."""
        return self._json("POST", "/jobs", params=_given(wishes, name), content=content)

    def jobs(self) -> dict[str, Any]:
        """All jobs of the node."""
        return self._json("GET", "/jobs")

    def job(self, job: str) -> dict[str, Any]:
        """One job as it stands."""
        return self._json("GET", f"/jobs/{job}")

    def cancel(self, job: str) -> dict[str, Any]:
        """Take back a job whose auction is not decided."""
        return self._json("POST", f"/jobs/{job}/cancellation")

    def again(self, job: str) -> dict[str, Any]:
        """Order anew what a job did not bring about."""
        return self._json("POST", f"/jobs/{job}/again")

    def improve(self, job: str, number: int | None = None) -> dict[str, Any]:
        """Auction an assignment again, the dearest that has not begun when none is named; kept only if better."""
        params = {} if number is None else {"number": number}
        return self._json("POST", f"/jobs/{job}/improvement", params=params)

    def events(self, job: str) -> Iterator[dict[str, Any]]:
        """The job's events from the first to the last; ends with the job, and reconnects where it was cut off."""
        after = 0
        while True:
            try:
                with self._http.stream("GET", f"/jobs/{job}/events", params={"after": after}) as response:
                    if response.status_code != httpx.codes.OK:
                        response.read()
                    _raise_for(response)
                    for line in response.iter_lines():
                        if line.startswith("data: "):
                            event = json.loads(line[6:])
                            if event.get("end"):
                                return
                            after = event["id"]
                            yield event
            except (httpx.ReadError, httpx.ReadTimeout):
                continue
            except (httpx.ConnectError, httpx.RemoteProtocolError) as error:
                raise NodeUnreachableError(f"the node at {self._url} went away: {error}") from error

    def audit(self, part: str) -> dict[str, Any]:
        """Verify a part against the node's chain."""
        return self._json("GET", f"/parts/{part}/audit")

    def bundle(self, part: str, *, lot: bool = False) -> bytes:
        """A part's evidence as one file, or that of all parts of its job."""
        return self._request("GET", f"/parts/{part}/bundle", params={"lot": lot}).content

    def package(self, job: str, operation: int) -> bytes:
        """A package that the node's shop has received; operations count from 0."""
        return self._request("GET", f"/shop/package/{job}/{operation}").content

    def transcript(self, job: str) -> bytes:
        """The auction of a job that the node posted, as one file."""
        return self._request("GET", f"/jobs/{job}/transcript").content

    def charge(self, job: str) -> bytes:
        """The proof that a job's customer left the node's sealed bid out."""
        return self._request("GET", f"/jobs/{job}/charge").content

    def schedule(self) -> dict[str, Any]:
        """What the node's machines hold."""
        return self._json("GET", "/schedule")

    def doctor(self) -> dict[str, Any]:
        """What the node finds wrong with itself."""
        return self._json("GET", "/doctor")

    def releases(self, job: str | None) -> dict[str, Any]:
        """Who has seen what of the node's designs."""
        return self._json("GET", "/releases", params={} if job is None else {"job": job})

    def open_package(self, job: str, package: int) -> bytes:
        """The content of a package whose work is disputed, for a juror's node."""
        return self._request("POST", f"/custody/{job}/packages/{package}").content

    def revoke_licences(self, job: str) -> dict[str, Any]:
        """End every licence of a job."""
        return self._json("DELETE", f"/jobs/{job}/licences")

    def export_design(self, job: str, recipient: str) -> bytes:
        """The design of a job, encrypted for an age recipient."""
        return self._request("POST", f"/jobs/{job}/design", json={"recipient": recipient}).content

    def access(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """Tokens that were given; see the paths in ``node.api.permits``."""
        return self._json(method, f"/access{path}", json=body)

    def governance(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """What the members decide about, and this node's part in it; see the paths in ``node.api.governance``."""
        return self._json(method, f"/governance{path}", json=body)

    def disputes(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """Objections to work, and what became of them; see the paths in ``node.api.disputes``."""
        return self._json(method, f"/disputes{path}", json=body)

    def shop(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """What the shop's owner asks; see the paths in ``node.api.shop``."""
        return self._json(method, f"/shop{path}", json=body)

    def network(self, path: str, **values: str) -> dict[str, Any]:
        """How the node is connected; see the paths in ``node.api.network``."""
        return self._json("GET", f"/network{path}", params=values)

    def healthy(self) -> bool:
        """Whether the node answers."""
        try:
            return self._http.get("/healthz", timeout=2.0).status_code == httpx.codes.OK
        except httpx.HTTPError:
            return False

    def status(self) -> dict[str, Any]:
        """Who the node is and how it stands."""
        return self._json("GET", "/status")

    def _json(self, method: str, path: str, **arguments: Any) -> dict[str, Any]:
        document: dict[str, Any] = self._request(method, path, **arguments).json()
        return document

    def _request(self, method: str, path: str, **arguments: Any) -> httpx.Response:
        try:
            response = self._http.request(method, path, **arguments)
        except httpx.HTTPError as error:
            raise NodeUnreachableError(f"the node at {self._url} does not answer: {error}") from error
        _raise_for(response)
        return response


def _given(wishes: dict[str, Any], name: str) -> dict[str, Any]:
    return {"name": name, **{key: value for key, value in wishes.items() if value is not None}}


def _raise_for(response: httpx.Response) -> None:
    if response.is_success:
        return
    try:
        problem = response.json()
        code, text = str(problem["code"]), str(problem["text"])
    except (ValueError, KeyError, TypeError):
        code, text = str(response.status_code), response.text[:200]
    if response.status_code in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
        raise NotPermittedError(text)
    if response.status_code == httpx.codes.SERVICE_UNAVAILABLE:
        raise FailedError(text)
    if response.is_client_error:
        raise RequestError(code, text)
    raise ConfigError("node", f"answered {response.status_code}: {text}")
