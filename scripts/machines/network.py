"""A network of machines in one: namespaces, and a switch between them that delays and loses.

The kernel's own netem is not there everywhere, so the switch is a program: every machine has a TAP
device, and what one of them sends arrives at another after both their delays, or never. Frames have
1,500 bytes, and TCP sees what it would see between real machines.
"""

import fcntl
import heapq
import ipaddress
import itertools
import multiprocessing
import os
import random
import select
import struct
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass

NETWORK = ipaddress.ip_network("10.77.0.0/16")
TUNSETIFF, IFF_TAP, IFF_NO_PI = 0x400454CA, 0x0002, 0x1000
BIGGEST_FRAME = 2048
SEED = 15


@dataclass
class Link:
    """How a machine is joined to the switch: seconds and share of frames lost, each way."""

    delay: float
    loss: float
    up: bool = True


def ip(*words):
    subprocess.run(["ip", *words], check=True)


class Network:
    """Machines with these names, at 10.77.0.1 and onwards; `delay` and `loss` are each link's."""

    def __init__(self, names, *, delay, loss):
        self.names = list(names)
        self.devices = []
        for number, name in enumerate(self.names, 1):
            device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
            flags = struct.pack("16sH", name.encode(), IFF_TAP | IFF_NO_PI)
            fcntl.ioctl(device, TUNSETIFF, flags)
            self.devices.append(device)
            ip("netns", "add", name)
            ip("link", "set", "dev", name, "address", mac(number).hex(":"), "netns", name)
            ip("-n", name, "link", "set", "dev", "lo", "up")
            ip(
                "-n",
                name,
                "address",
                "add",
                f"{self.address(name)}/{NETWORK.prefixlen}",
                "dev",
                name,
            )
            ip("-n", name, "link", "set", "dev", name, "up")
        links = [Link(delay, loss) for _ in self.names]
        self.control, far = multiprocessing.Pipe()
        self.switch = multiprocessing.Process(
            target=forward, args=(self.devices, links, far), daemon=True
        )
        self.switch.start()

    def address(self, name):
        return f"{NETWORK[self.names.index(name) + 1]}"

    def command(self, name, command):
        """The command that runs this one on a machine."""
        return ["ip", "netns", "exec", name, *command]

    def set(self, name, **values):
        """Change a machine's link: `delay`, `loss`, `up`."""
        self.control.send((self.names.index(name), values))

    def stop(self):
        self.switch.terminate()
        self.switch.join()


def mac(number):
    return bytes((2, 0, 0, 0, 0, number))


def forward(devices, links, control):
    """Hand frames on for ever; `links` are changed by what comes through `control`."""
    chance = random.Random(SEED)  # nosec B311 - which frames are lost is no secret
    waiting, order = [], itertools.count()
    position = {device: index for index, device in enumerate(devices)}
    by_mac = {mac(index + 1): index for index in range(len(devices))}
    while True:
        rest = max(0.0, waiting[0][0] - time.monotonic()) if waiting else None
        ready, _, _ = select.select([control, *devices], [], [], rest)
        for device in ready:
            if device is control:
                index, values = control.recv()
                vars(links[index]).update(values)
                continue
            with suppress(BlockingIOError):
                while True:
                    frame, source = os.read(device, BIGGEST_FRAME), position[device]
                    target = by_mac.get(frame[:6])
                    # A question for everybody: who has this address?
                    targets = [target] if target is not None else range(len(devices))
                    for each in targets:
                        pair = (links[source], links[each])
                        if each != source and arrives(pair, chance):
                            due = time.monotonic() + pair[0].delay + pair[1].delay
                            heapq.heappush(waiting, (due, next(order), each, frame))
        while waiting and waiting[0][0] <= time.monotonic():
            _, _, target, frame = heapq.heappop(waiting)
            # A device whose queue is full loses a frame, as others do.
            with suppress(BlockingIOError):
                os.write(devices[target], frame)


def arrives(links, chance):
    return all(link.up and chance.random() >= link.loss for link in links)
