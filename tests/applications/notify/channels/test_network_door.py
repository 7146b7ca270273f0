"""Which addresses a channel may lead to."""

import pytest

from applications.notify.channels.network_door import Door, Shut, is_reachable


@pytest.mark.parametrize("address", ["114.114.114.114", "2400:3200::1"])
def test_public_addresses_are_reached(address):
    assert is_reachable(address, is_internal=False)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "::1",
        "fd00::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
    ],
)
def test_own_addresses_are_reached_only_where_the_host_is_said_to_be_internal(address):
    assert not is_reachable(address, is_internal=False)
    assert is_reachable(address, is_internal=True)


@pytest.mark.parametrize(
    "address",
    ["169.254.169.254", "fe80::1%eth0", "::ffff:169.254.169.254", "224.0.0.1", "0.0.0.0", "::"],  # noqa: S104
)
def test_addresses_of_a_link_and_of_groups_are_never_reached(address):
    assert not is_reachable(address, is_internal=True)


@pytest.mark.parametrize("address", ["fec0::1", "64:ff9b:1::7f00:1", "::7f00:1", "::ffff:0:7f00:1"])
def test_addresses_that_only_the_network_can_read_are_nobodys(address):
    assert not is_reachable(address, is_internal=False)
    assert not is_reachable(address, is_internal=True)


def test_shared_addresses_of_a_provider_are_not_public():
    assert not is_reachable("100.64.0.1", is_internal=False)


def test_only_what_was_resolved_here_is_connected_to():
    """A name that answers differently the next time leads nowhere else."""
    door = Door({("127.0.0.1", 8080): True})
    door.resolve("127.0.0.1", 8080)
    door.look("socket.connect", (None, ("127.0.0.1", 8080)))
    for address in (("127.0.0.1", 8081), ("10.0.0.1", 8080), "/run/a.sock"):
        with pytest.raises(Shut):
            door.look("socket.connect", (None, address))


@pytest.mark.parametrize("host", ["localhost", "127.1", "0x7f000001", "127.0.0.1.", "LOCALHOST"])
def test_another_way_of_writing_a_host_is_another_host(host):
    door = Door({("portal.example.invalid", 443): False})
    with pytest.raises(Shut, match="host"):
        door.resolve(host, 443)


def test_nothing_else_is_run():
    with pytest.raises(Shut, match="program"):
        Door({}).look("subprocess.Popen", ("sh", [], None, None))
