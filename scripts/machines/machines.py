"""What `Machine` starts on one machine, each on its own: see network.py and run.py."""

import ctypes
import subprocess
import time

from scripts.machines.network import NETWORK, Network
from scripts.rehearse.machine import ROOT, START_SECONDS, Machine

# Which unit runs where; nginx's is the only machine that browsers reach.
MACHINES = {
    "nginx": "proxy",
    "portal-web@8001": "web1",
    "portal-web@8002": "web2",
    "portal-worker@1": "worker1",
    "portal-worker@2": "worker2",
    "database": "database",
    "store": "bucket",
}
FIRST_VISITOR = 256 * 128


class Machines(Machine):
    """Seven machines and the visitors' own."""

    def __init__(self, folder, *, delay, loss):
        self.network = Network([*MACHINES.values(), "visitors"], delay=delay, loss=loss)
        stand_at_the_visitors()
        for name in MACHINES.values():
            settings = ["sysctl", "--quiet", "--load", f"{ROOT}/deploy/sysctl/portal.conf"]
            subprocess.run(self.network.command(name, settings), check=True)
        self.host = self.listens_at("nginx")
        self.alternative_name = f"IP:{self.host}"
        super().__init__(folder, "")
        self.environment["WEB_TRUSTED_PROXIES"] = self.host
        self.environment["METRICS_ALLOWED"] = f"{NETWORK}"

    # --- Where it is ---

    def choose_ports(self):
        self.tls_port, self.plain_port, self.web_ports = 443, 80, [8001, 8002]
        self.store_port = 0  # Swift's script chooses it

    def listens_at(self, name):
        return self.network.address(MACHINES[name])

    def there(self, name, command):
        # Once-only units run where a worker does.
        machine = MACHINES.get(name, "worker1")
        return self.network.command(machine, command)

    def visitor_address(self, number):
        return f"{NETWORK[FIRST_VISITOR + number]}"

    def unit(self, name):
        commands, environment = super().unit(name)
        if name.startswith("portal-web@"):
            environment["WEB_BIND"] = f"{self.listens_at(name)}:{name.partition('@')[2]}"
        return commands, environment

    # --- What stands around it ---

    def start_database(self):
        """PostgreSQL with what a power failure may not lose on its disk; empty."""
        address = self.listens_at("database")
        script = [f"{ROOT}/scripts/with-postgres.sh", "--durable", "--listen", address]
        server = self._variable("database", script, "TEST_DATABASE_URL")
        self.environment["DATABASE_URL"] = server

    def start_store(self):
        """Swift's S3, with the portal's bucket."""
        script = [f"{ROOT}/scripts/with-swift.sh", "--listen", self.listens_at("store")]
        said = self._variable("store", script, "TEST_S3_URL $TEST_S3_KEY $TEST_S3_SECRET")
        self.store, key, secret = said.split()
        self.environment |= {"S3_ENDPOINT_URL": self.store, "S3_ACCESS_KEY": key}
        self.environment["S3_SECRET_KEY"] = secret
        self.bucket_client().create_bucket(Bucket="portal")

    def _variable(self, name, script, variables):
        """Start a script that runs a server beside a command; return what it sets."""
        file = self.folder / f"{name}.txt"
        command = f'echo "${variables}" >{file}.new && mv {file}.new {file} && exec sleep infinity'
        self._run(name, [*script, "sh", "-c", command])
        deadline = time.monotonic() + START_SECONDS
        while not file.exists():
            self.watch()
            if time.monotonic() > deadline:
                raise SystemExit(f"{name} did not start within {START_SECONDS} s")
            time.sleep(0.1)
        return file.read_text(encoding="utf-8").strip()

    def bucket_client(self):
        import boto3

        return boto3.client(
            "s3",
            endpoint_url=self.store,
            region_name="us-east-1",
            aws_access_key_id=self.environment["S3_ACCESS_KEY"],
            aws_secret_access_key=self.environment["S3_SECRET_KEY"],
        )

    def stop_all(self):
        super().stop_all()
        self.network.stop()


def stand_at_the_visitors():
    """Move this program, and what it starts, to the visitors' machine, which has many addresses."""
    many = f"{NETWORK[FIRST_VISITOR]}/17"
    command = ["ip", "-n", "visitors", "route", "add", "local", many, "dev", "lo"]
    subprocess.run(command, check=True)
    libc = ctypes.CDLL(None, use_errno=True)
    with open("/run/netns/visitors", "rb") as namespace:
        if libc.setns(namespace.fileno(), 0):
            raise OSError(ctypes.get_errno(), "setns")
