"""Two shops behind routers of their own and a relay in the open, as network namespaces of this machine (Linux, root).

The routers masquerade and drop whatever nobody inside has asked for. Most at home keep a connection's port; some give
each another one.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

PUBLIC = "5.5.5"
"""Of the public network; none of its packets leaves this machine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lab:
    """The names of the namespaces, and the addresses in them."""

    anna: str
    relay: str
    carl: str
    relay_host: str = f"{PUBLIC}.1"
    anna_host: str = "10.1.0.2"
    anna_router: str = f"{PUBLIC}.10"
    carl_host: str = "10.2.0.2"


def available() -> bool:
    """Whether this machine lets us make namespaces and rules."""
    if os.name != "posix" or os.geteuid() != 0 or not all(map(shutil.which, ("ip", "iptables", "sysctl"))):
        return False
    try:
        with namespace(f"{os.getpid()}-try") as there:
            _run(f"ip netns exec {there} iptables -t nat -L")
    except (subprocess.CalledProcessError, OSError):
        return False
    return True


@contextmanager
def lab(*, keeps_ports: bool) -> Iterator[Lab]:
    """The five namespaces, gone at the end."""
    masquerade = "MASQUERADE" if keeps_ports else "MASQUERADE --random-fully"
    with ExitStack() as stack:
        anna, router, relay, other, carl = (
            stack.enter_context(namespace(f"{os.getpid()}-{name}")) for name in ("anna", "r1", "relay", "r2", "carl")
        )
        _run(f"ip -n {relay} link add hub type bridge", f"ip -n {relay} link set hub up")
        _run(f"ip -n {relay} addr add {PUBLIC}.1/24 dev hub")
        for inside, gate, number in ((anna, router, 1), (carl, other, 2)):
            _run(
                f"ip link add inner netns {inside} type veth peer name inner netns {gate}",
                f"ip link add outer netns {gate} type veth peer name out{number} netns {relay}",
                f"ip -n {relay} link set out{number} master hub up",
                f"ip -n {inside} addr add 10.{number}.0.2/24 dev inner",
                f"ip -n {gate} addr add 10.{number}.0.1/24 dev inner",
                f"ip -n {gate} addr add {PUBLIC}.{number}0/24 dev outer",
                f"ip -n {inside} link set inner up",
                f"ip -n {gate} link set inner up",
                f"ip -n {gate} link set outer up",
                f"ip -n {inside} route add default via 10.{number}.0.1",
                f"ip netns exec {gate} sysctl -qw net.ipv4.ip_forward=1",
                f"ip netns exec {gate} iptables -t nat -A POSTROUTING -p tcp -o outer -j {masquerade}",
                f"ip netns exec {gate} iptables -A FORWARD -i outer -m state --state ESTABLISHED,RELATED -j ACCEPT",
                f"ip netns exec {gate} iptables -A FORWARD -i outer -j DROP",
                f"ip netns exec {gate} iptables -A INPUT -i outer -j DROP",
            )
        yield Lab(anna=anna, relay=relay, carl=carl)


@contextmanager
def namespace(name: str) -> Iterator[str]:
    """A network of its own with nothing in it but loopback, gone at the end."""
    whole = f"gm-{name}"
    _run(f"ip netns add {whole}", f"ip -n {whole} link set lo up")
    try:
        yield whole
    finally:
        _run(f"ip netns del {whole}")


def _run(*commands: str) -> None:
    for command in commands:
        subprocess.run(command.split(), check=True, capture_output=True)
