"""One machine as docs/deploy.md sets it up: the units' own commands, nginx, a bucket.

Only the folders and ports are this rehearsal's: /opt/portal is the work tree, everything that is
written lies in one throwaway folder. `containers.py` runs the units' counterparts of compose.yaml,
`scripts/machines` puts each unit on a machine of its own.
"""

import os
import re
import secrets
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parents[2]
UNITS, NGINX = ROOT / "deploy/systemd", ROOT / "deploy/nginx"
START_SECONDS, STOP_SECONDS = 180, 60
MEGABYTE = 1024 * 1024


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Machine:
    """Starts and stops what the machine runs; `environment` is its /etc/portal/portal.env."""

    host = "localhost"
    alternative_name = "DNS:localhost"

    def __init__(self, folder, database_url):
        self.folder = Path(folder)
        self.running = {}
        self.choose_ports()
        self.address = f"https://{self.host}:{self.tls_port}"
        self.store = f"http://{self.listens_at('store')}:{self.store_port}"
        self.environment = {
            "ENVIRONMENT": "production",
            "SECRET_KEY": secrets.token_urlsafe(50),
            "ENCRYPTION_KEY": secrets.token_hex(32),
            "ALLOWED_HOSTS": self.host,
            "SITE_URL": f"https://{self.host}",
            "DATABASE_URL": database_url,
            "EMAIL_URL": "filemail://",
            "S3_BUCKET": "portal",
            "S3_ENDPOINT_URL": self.store,
            "S3_REGION": "us-east-1",
            "S3_ACCESS_KEY": "portal",
            "S3_SECRET_KEY": secrets.token_hex(16),
            "S3_ADDRESSING_STYLE": "path",
            "OCR": os.environ.get("OCR", "on"),
            # The rehearsal's people have no telephones to make codes with.
            "MFA_REQUIRED": "false",
            "VAR_DIR": f"{self.folder}/var",
            "BACKUP_DIR": f"{self.folder}/backups",
            "STATIC_ROOT": f"{self.folder}/collected",
        }
        for name in ("var", "backups", "logs", "nginx"):
            (self.folder / name).mkdir()

    # --- Where it is ---

    def choose_ports(self):
        self.tls_port, self.plain_port, self.store_port = free_port(), free_port(), free_port()
        self.web_ports = [free_port(), free_port()]

    def listens_at(self, name):
        """The address of what runs under this name; of nginx, too."""
        return "127.0.0.1"

    def there(self, name, command):
        """The command that runs this one where `name` runs."""
        return command

    def visitor_address(self, number):
        """The address that a visitor comes from: each has another."""
        return f"127.77.{number // 250}.{number % 250 + 1}"

    # --- The units ---

    def _here(self, text, instance=""):
        for there, here in (
            ("/opt/portal/.venv/bin/", f"{Path(sys.executable).parent}/"),
            ("/opt/portal/collected", f"{self.folder}/collected"),
            ("/opt/portal", f"{ROOT}"),
            ("/var/lib/portal", f"{self.folder}/var"),
            ("/var/backups/portal", f"{self.folder}/backups"),
            ("/run/", f"{self.folder}/run/"),
            ("%i", instance),
        ):
            text = text.replace(there, here)
        return text

    def unit(self, name):
        """Return (commands, environment) of a unit, with an instance or without."""
        template, _, instance = name.partition("@")
        file = UNITS / (f"{template}@.service" if instance else f"{template}.service")
        text = self._here(file.read_text(encoding="utf-8"), instance)
        environment = dict(
            line.split("=", 1) for line in re.findall(r"^Environment=(.+)$", text, re.MULTILINE)
        )
        commands = [
            shlex.split(line) for line in re.findall(r"^ExecStart=(.+)$", text, re.MULTILINE)
        ]
        base = {name: os.environ[name] for name in ("PATH", "LANG", "HOME") if name in os.environ}
        return commands, {**base, **environment, **self.environment}

    def once(self, name):
        """Run a unit that ends by itself; return (what it printed, seconds)."""
        commands, environment = self.unit(name)
        start = time.perf_counter()
        said = [self.command(self.there(name, command), environment) for command in commands]
        return "".join(said), time.perf_counter() - start

    def command(self, command, environment=None):
        """Run a command as the portal would; end the rehearsal when it fails."""
        done = subprocess.run(
            command,
            cwd=ROOT,
            env=environment or self.unit("portal-migrate")[1],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise SystemExit(f"{shlex.join(command)} failed:\n{done.stderr[-3000:]}")
        return done.stdout

    def start(self, name):
        """Start a unit that stays."""
        (command,), environment = self.unit(name)
        self._run(name, command, environment)

    def _run(self, name, command, environment=None):
        with (self.folder / "logs" / f"{name}.log").open("ab") as log:
            self.running[name] = subprocess.Popen(
                self.there(name, command),
                cwd=ROOT,
                env=environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def stop(self, name):
        """Stop a unit as systemd does: TERM, and time to finish. Return the seconds it took."""
        process, start = self.running.pop(name), time.perf_counter()
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            raise SystemExit(f"{name} did not stop within {STOP_SECONDS} s") from None
        return time.perf_counter() - start

    def stop_all(self):
        for name in list(self.running)[::-1]:
            process = self.running.pop(name)
            if process.poll() is None:
                process.terminate()
                try:
                    process.wait(10)
                except subprocess.TimeoutExpired:
                    os.killpg(process.pid, signal.SIGKILL)

    def watch(self):
        """End the rehearsal when something has ended by itself."""
        for name, process in self.running.items():
            if process.poll() is not None:
                log = (self.folder / "logs" / f"{name}.log").read_text(errors="replace")
                raise SystemExit(f"{name} ended by itself ({process.returncode}):\n{log[-3000:]}")

    def wait_for(self, url, headers=None):
        deadline = time.monotonic() + START_SECONDS
        while True:
            self.watch()
            try:
                request = urllib.request.Request(url, headers=headers or {})
                with urllib.request.urlopen(request, timeout=5):  # nosec B310 - loopback
                    return
            except urllib.error.HTTPError as error:
                if error.code < 500:
                    return
            except OSError:
                pass
            if time.monotonic() > deadline:
                raise SystemExit(f"{url} did not answer within {START_SECONDS} s")
            time.sleep(0.1)

    # --- What stands around it ---

    def start_store(self):
        """An S3-compatible store over HTTP, with two empty buckets."""
        moto = Path(sys.executable).parent / "moto_server"
        self._run(
            "store",
            [str(moto), "-H", self.listens_at("store"), "-p", str(self.store_port)],
            {**os.environ},
        )
        self.wait_for(self.store)
        for name in ("portal", "restored"):
            self.bucket_client().create_bucket(Bucket=name)

    def bucket_client(self):
        import boto3

        return boto3.client(
            "s3",
            endpoint_url=self.store,
            region_name="us-east-1",
            aws_access_key_id="portal",
            aws_secret_access_key=self.environment["S3_SECRET_KEY"],
        )

    def start_web(self, port):
        self.start(f"portal-web@{port}")
        self.wait_for_web(port, "/")

    def wait_for_web(self, port, path):
        """Ask one web server, as its proxy would, until it answers with anything but a fault."""
        headers = {"Host": self.host, "X-Forwarded-Proto": "https"}
        address = self.listens_at(f"portal-web@{port}")
        self.wait_for(f"http://{address}:{port}{path}", headers)

    def start_nginx(self):
        """nginx by the example's files, with a certificate of the rehearsal's own."""
        folder = self.folder / "nginx"
        (folder / "tls").mkdir()
        self.certificate = folder / "tls/fullchain.pem"
        self.command(
            [
                "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                "ec_paramgen_curve:P-256", "-nodes", "-days", "1", "-subj", f"/CN={self.host}",
                "-addext", f"subjectAltName={self.alternative_name}",
                "-keyout", f"{folder}/tls/privkey.pem", "-out", f"{self.certificate}",
            ]
        )  # fmt: skip
        self.access_log, address = folder / "portal.log", self.listens_at("nginx")
        first, second = self.web_ports
        for name in ("portal.conf", "upstream.conf", "proxy.conf"):
            text = (NGINX / name).read_text(encoding="utf-8")
            for there, here in (
                ("/etc/nginx/portal", f"{folder}"),
                ("/usr/share/portal", f"{NGINX}/pages"),
                ("/var/log/nginx", f"{folder}"),
                ("portal.example.org", self.host),
                ("listen 80", f"listen {address}:{self.plain_port}"),
                ("listen 443", f"listen {address}:{self.tls_port}"),
                ("127.0.0.1:8001", f"{self.listens_at(f'portal-web@{first}')}:{first}"),
                ("127.0.0.1:8002", f"{self.listens_at(f'portal-web@{second}')}:{second}"),
            ):
                text = text.replace(there, here)
            (folder / name).write_text(text, encoding="utf-8")
        temporary = "".join(
            f"{what}_temp_path {folder}/{what};\n"
            for what in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        (folder / "nginx.conf").write_text(
            f"daemon off;\nuser {'root' if os.geteuid() == 0 else 'nobody'};\nworker_processes 1;\n"
            f"pid {folder}/nginx.pid;\nerror_log {folder}/error.log;\n"
            f"events {{ worker_connections 1024; }}\nhttp {{\n{temporary}"
            f"include /etc/nginx/mime.types;\ninclude {folder}/portal.conf;\n}}\n"
        )
        nginx = shutil.which("nginx") or "/usr/sbin/nginx"
        self._run("nginx", [nginx, "-p", f"{folder}", "-c", f"{folder}/nginx.conf"], {**os.environ})

    # --- Figures ---

    def processes(self, name):
        """The processes of a unit."""
        first = psutil.Process(self.running[name].pid)
        return [first, *first.children(recursive=True)]

    def memory(self):
        """Return {unit: megabytes of all its processes, what they share counted once in all}."""
        return {
            name: sum(each.memory_full_info().pss for each in self.processes(name)) / MEGABYTE
            for name in self.running
        }

    def processor(self):
        """Return {unit: processor seconds so far}."""
        return {
            name: sum(sum(each.cpu_times()[:2]) for each in self.processes(name))
            for name in self.running
        }
