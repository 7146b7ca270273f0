"""The rehearsal with the portal in containers: `make image` (scripts/image.sh).

What deploy/compose.yaml says of a service is said to podman: its command, that it writes nothing
but its volumes and /tmp, that it has no capability, its limits. nginx, PostgreSQL and the bucket
stand outside, and the network is this machine's own.
"""

import json
import os
import shlex
import subprocess

import psutil
import yaml

from scripts.rehearse.machine import ROOT, Machine

# The units that the rehearsal starts, as compose.yaml calls them.
SERVICES = {
    "portal-web": "web1",
    "portal-worker": "worker1",
    "portal-migrate": "migrate",
    "portal-notify": "notify",
    "portal-housekeeping": "housekeeping",
    "portal-backup": "backup",
}
# The portal's user in the image.
NOBODY = 10001
# The image has its own.
OF_THE_IMAGE = {"VAR_DIR", "BACKUP_DIR", "STATIC_ROOT"}


class Containers(Machine):
    """Starts the portal's units as containers of `image`, from the storage that podman is told."""

    def __init__(self, folder, database_url, image):
        super().__init__(folder, database_url)
        self.image = image
        self.podman = ["podman", *shlex.split(os.environ["IMAGE_STORAGE"])]
        self.podman += ["--cgroup-manager", "cgroupfs"]
        self.services = yaml.safe_load((ROOT / "deploy/compose.yaml").read_text("utf-8"))[
            "services"
        ]
        for name in ("var", "backups"):
            os.chown(self.folder / name, NOBODY, NOBODY)
        lines = [f"{k}={v}\n" for k, v in self.environment.items() if k not in OF_THE_IMAGE]
        self.environment_file = self.folder / "portal.env"
        self.environment_file.write_text("".join(lines), encoding="utf-8")

    def choose_ports(self):
        super().choose_ports()
        # Where the image's own health check asks.
        self.web_ports[0] = 8000

    def unit(self, name):
        template, _, instance = name.partition("@")
        commands, environment = super().unit(name)
        if template not in SERVICES:
            return commands, environment
        service = self.services[SERVICES[template]]
        own = service.get("command", [])
        # A service that repeats is a loop of the shell; here each of its commands is run once.
        if own[:1] == ["sh"]:
            lines = [line.strip() for line in own[-1].splitlines()]
            commands = [line.split() for line in lines if line.startswith("python ")]
        else:
            commands = [own]
        return [self._run_in(service, name, instance, each) for each in commands], environment

    def _run_in(self, service, name, instance, command):
        limits = service["deploy"]["resources"]["limits"] if "deploy" in service else {}
        options = ["--rm", "--pull=never", "--network=host", f"--env-file={self.environment_file}"]
        # Podman's own limits may be above this machine's; nothing runs its timers here.
        options += [f"--name={self.container(name)}", "--ulimit=nofile=8192:8192"]
        options += ["--ulimit=nproc=4096:4096", "--health-interval=disable"]
        options += [f"--cap-drop={each}" for each in service["cap_drop"]]
        options += [f"--security-opt={each.split(':')[0]}" for each in service["security_opt"]]
        options += [f"--tmpfs={each}" for each in service["tmpfs"]]
        options += ["--read-only"] if service["read_only"] else []
        options += [f"--memory={limits['memory']}"] if limits else []
        options += [f"--pids-limit={service['pids_limit']}"] if limits else []
        options += [f"--volume={self.folder}/var:/var/lib/portal"]
        options += [f"--volume={self.folder}/backups:/var/backups/portal"]
        options += [f"--env={k}={v}" for k, v in service.get("environment", {}).items()]
        if instance.isdigit() and int(instance) in self.web_ports:
            options.append(f"--env=WEB_BIND=127.0.0.1:{instance}")
        return [*self.podman, "run", *options, self.image, *command]

    def container(self, name):
        return name.replace("@", "-")

    def processes(self, name):
        if not name.startswith("portal-"):
            return super().processes(name)
        said = self.command([*self.podman, "inspect", self.container(name)])
        first = psutil.Process(json.loads(said)[0]["State"]["Pid"])
        return [first, *first.children(recursive=True)]

    def start_web(self, port):
        super().start_web(port)
        self.check(port)

    def check(self, port):
        """Ask for the image's own health check, and for what confines the process."""
        name = self.container(f"portal-web@{port}")
        if port == self.web_ports[0]:
            self.command([*self.podman, "healthcheck", "run", name])
        shown = self.command([*self.podman, "exec", name, "cat", "/proc/self/status"])
        status = dict(line.split(":\t", 1) for line in shown.splitlines() if ":\t" in line)
        held = {key: status[key].split()[0] for key in ("Uid", "CapBnd", "NoNewPrivs", "Seccomp")}
        writes = subprocess.run(
            [*self.podman, "exec", name, "touch", "/portal/written"],
            capture_output=True,
            check=False,
        )
        if held != {"Uid": f"{NOBODY}", "CapBnd": "0" * 16, "NoNewPrivs": "1", "Seccomp": "2"}:
            raise SystemExit(f"{name} is not confined: {held}")
        if writes.returncode == 0:
            raise SystemExit(f"{name} can write to its own image")
        print(f"{name}: healthy; user {NOBODY}, no capability, seccomp, nothing can be written")
