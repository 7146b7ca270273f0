"""The door through which a program may reach the network: only hosts that were allowed.

Whatever library asks, every name is resolved here, every address looked at, and a connection is
made to an address that passed and to no other: a name that answers differently the next time (DNS
rebinding) changes nothing. What is asked of the system in another way is refused by an audit hook,
which cannot be taken out again. For a program of its own (`program_bounds.py`) alone.
"""

import ipaddress
import socket
import sys

# What asks the system to run something else, which would not pass this door.
RUNS_OTHERS = {"os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.spawn", "os.system"}
RUNS_OTHERS |= {"subprocess.Popen", "pty.spawn"}
REACHES = {"socket.connect", "socket.sendto", "socket.sendmsg"}
# Addresses that hold one of IPv4 (RFC 6052): what a gateway makes of them is looked at.
NAT64 = ipaddress.ip_network("64:ff9b::/96")
# Python takes these for public: sites' own of old, and such as lead to IPv4 in a way that only the
# network knows (RFC 8215, RFC 4291 2.5.5.1, RFC 2765).
NOBODYS = [
    ipaddress.ip_network(block)
    for block in ("fec0::/10", "64:ff9b:1::/48", "::/96", "::ffff:0:0:0/96")
]

_resolve = socket.getaddrinfo


class Shut(OSError):
    """The door is shut; `why` is the key of the reason, `host` what was asked for."""

    def __init__(self, why, host):
        super().__init__(f"{why}: {host}")
        self.why, self.host = why, host


class Door:
    """What one question may reach, and what became of it.

    `hosts` is {(host, port): whether it is in the own network}. With `is_trial` names are resolved
    and addresses looked at, but nothing is connected to. `asked` holds the (host, port) that were
    asked for, `shut` the first refusal, `is_reached` whether a server was connected to and sent
    something by HTTP. Where `is_plain` is set, no host outside the own network is reached: what
    is sent could be read on the way.
    """

    def __init__(self, hosts, *, is_trial=False):
        self.hosts, self.is_trial = hosts, is_trial
        self.is_plain = self.is_reached = False
        self.asked, self.shut, self.passed = [], None, set()

    def refuse(self, why, host):
        """Remember the first refusal and raise it: libraries make something else of it."""
        error = Shut(why, host)
        self.shut = self.shut or error
        raise error

    def resolve(self, host, port, *args, **kwargs):
        """Return what `socket.getaddrinfo` does of an allowed host whose addresses all pass."""
        name = host.decode() if isinstance(host, bytes) else str(host)
        name = name.lower().rstrip(".")
        self.asked.append((name, port))
        is_internal = self.hosts.get((name, port))
        if is_internal is None:
            self.refuse("host", f"{name}:{port}")
        if self.is_plain and not is_internal:
            self.refuse("open", name)
        try:
            found = _resolve(name, port, *args, **kwargs)
        except (OSError, UnicodeError):
            self.refuse("unknown", name)
        for *_, address in found:
            if not is_reachable(address[0], is_internal):
                self.refuse("address", name)
        self.passed |= {address[:2] for *_, address in found}
        return found

    def look(self, event, args):
        """Refuse what reaches another address, or runs something else."""
        if event in RUNS_OTHERS:
            self.refuse("program", event)
        self.is_reached |= event == "http.client.send"
        if event not in REACHES:
            return
        address = args[1]
        if not isinstance(address, tuple) or address[:2] not in self.passed:
            self.refuse("address", str(address))
        if self.is_trial:
            self.refuse("trial", address[0])


def is_reachable(address, is_internal):
    """Whether an address may be reached: a public one, or, of an internal host, a private one.

    The addresses of a link, where clouds keep their credentials, of groups, and reserved ones are
    nobody's hosts.
    """
    ip = ipaddress.ip_address(address.split("%")[0])
    if ip.version == 6:
        inner = ip.ipv4_mapped or ip.sixtofour
        if ip in NAT64:
            inner = ipaddress.ip_address(int(ip) & 0xFFFFFFFF)
        ip = inner or ip
    if ip.is_multicast or ip.is_link_local or ip.is_unspecified:
        return False
    if ip.is_loopback:
        return is_internal
    if ip.version == 6 and any(ip in block for block in NOBODYS):
        return False
    if ip.is_private:
        return is_internal
    return ip.is_global or (is_internal and not ip.is_reserved)


_doors = [Door({})]


def stand():
    """Put the door into this process, shut; for good."""
    socket.getaddrinfo = lambda *args, **kwargs: _doors[0].resolve(*args, **kwargs)
    sys.addaudithook(lambda event, args: _doors[0].look(event, args))


def open_for(hosts, *, is_trial=False):
    """Open the door for the next question, as `Door` says; return it."""
    _doors[0] = Door(hosts, is_trial=is_trial)
    return _doors[0]
