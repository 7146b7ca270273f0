"""What an engineer installs from deploy/: each file judged by the program that will read it.

A program that is not here is said loudly; in CI, where .ci/run installs it, it must be.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from django.apps import apps

ROOT = Path(__file__).resolve().parents[1]
DEPLOY = ROOT / "deploy"
UNITS = sorted((DEPLOY / "systemd").iterdir())
SERVICES = [path for path in UNITS if path.suffix == ".service"]
PORTAL = ("web1", "web2", "worker1", "worker2", "migrate", "notify", "housekeeping", "backup")


def program(*names):
    """The first of these programs that is here; the test is skipped, in CI fails, without."""
    found = next(filter(None, map(shutil.which, names)), None)
    if found is None:
        refuse = pytest.fail if os.environ.get("CI") else pytest.skip
        refuse(f"NOT CHECKED: {' or '.join(names)} is not installed")
    return found


def run(*command, **options):
    return subprocess.run(
        [str(each) for each in command], capture_output=True, text=True, check=False, **options
    )


# --- systemd ---------------------------------------------------------------------------------


def test_systemd_understands_every_unit(tmp_path):
    verify = program("systemd-analyze")
    for path in UNITS:
        # The programs that a unit starts must be there: here they are in the work tree.
        text = path.read_text(encoding="utf-8").replace("/opt/portal", str(ROOT))
        (tmp_path / path.name).write_text(text, encoding="utf-8")
        if "@" in path.name:
            name = path.name.replace("@", "@1")
            (tmp_path / name).write_text(text, encoding="utf-8")
    units = sorted(path for path in tmp_path.iterdir() if "@." not in path.name)
    done = run(verify, "verify", "--man=no", *units)
    ours = [line for line in done.stderr.splitlines() if "portal" in line]
    assert (done.returncode, ours) == (0, [])


@pytest.mark.parametrize("path", SERVICES, ids=lambda path: path.name)
def test_a_service_may_do_next_to_nothing(path):
    lines = set(path.read_text(encoding="utf-8").splitlines())
    assert {
        "User=portal",
        "NoNewPrivileges=yes",
        "ProtectSystem=strict",
        "ProtectHome=yes",
        "PrivateTmp=yes",
        "CapabilityBoundingSet=",
        "SystemCallFilter=@system-service",
        "UMask=0077",
        "EnvironmentFile=/etc/portal/portal.env",
    } <= lines
    assert any(line.startswith("MemoryMax=") for line in lines)


def test_systemd_judges_the_services_safe(tmp_path):
    analyze = program("systemd-analyze")
    for path in SERVICES:
        done = run(analyze, "security", "--offline=yes", "--threshold=30", path)
        assert done.returncode == 0, done.stdout[-600:]


def test_every_periodic_command_has_a_timer_and_is_there():
    commands = {
        command
        for path in SERVICES
        for command in re.findall(r"manage\.py (\w+)", path.read_text(encoding="utf-8"))
    }
    assert {"migrate", "db_worker", "notify", "clearsessions", "backup"} <= commands
    timers = {path.stem for path in UNITS if path.suffix == ".timer"}
    assert timers == {"portal-notify", "portal-housekeeping", "portal-backup"}
    assert timers < {path.stem for path in SERVICES}
    environment = {**os.environ, "ENVIRONMENT": "local"}
    listed = run(sys.executable, "manage.py", "help", "--commands", cwd=ROOT, env=environment)
    assert commands <= set(listed.stdout.split())


# --- nginx -----------------------------------------------------------------------------------


@pytest.fixture
def certificate(tmp_path):
    folder = tmp_path / "tls"
    folder.mkdir()
    done = run(
        program("openssl"), "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
        "-nodes", "-days", "1", "-subj", "/CN=portal.example.org",
        "-keyout", folder / "privkey.pem", "-out", folder / "fullchain.pem",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return folder


@pytest.mark.parametrize("upstream", ["upstream.conf", "upstream.compose.conf"])
def test_nginx_understands_the_example(tmp_path, certificate, upstream):
    nginx = program("nginx", "/usr/sbin/nginx")
    for name in ("portal.conf", upstream, "proxy.conf"):
        text = (DEPLOY / "nginx" / name).read_text(encoding="utf-8")
        text = text.replace("/etc/nginx/portal", str(tmp_path))
        text = text.replace("/var/log/nginx", str(tmp_path)).replace("web1:", "127.0.0.1:")
        text = text.replace("web2:", "127.0.0.1:").replace("listen 80", "listen 18080")
        target = "upstream.conf" if name.startswith("upstream") else name
        (tmp_path / target).write_text(text.replace("listen 443", "listen 18443"))
    main = tmp_path / "nginx.conf"
    main.write_text(
        f"pid {tmp_path}/nginx.pid;\nerror_log stderr;\nevents {{}}\n"
        f"http {{ include {tmp_path}/portal.conf; }}\n"
    )
    done = run(nginx, "-t", "-q", "-p", tmp_path, "-c", main)
    assert (done.returncode, done.stderr) == (0, "")


def test_nginx_passes_on_nothing_that_a_client_claims():
    proxy = (DEPLOY / "nginx/proxy.conf").read_text(encoding="utf-8")
    assert "X-Forwarded-For $remote_addr;" in proxy
    assert "$proxy_add_x_forwarded_for" not in proxy
    site = (DEPLOY / "nginx/portal.conf").read_text(encoding="utf-8")
    # A block with a header of its own would lose the ones above.
    assert "proxy_set_header" not in site
    assert "ssl_protocols TLSv1.2 TLSv1.3;" in site
    assert re.search(r"location = /metrics \{\s+return 404;", site)


def test_nginx_takes_what_the_portal_takes_and_little_more():
    from applications.files.limits import APPLICATION_LIMIT, FILE_LIMIT, MEGABYTE
    from review.publicity.objections.forms import TOTAL_LIMIT

    site = (DEPLOY / "nginx/portal.conf").read_text(encoding="utf-8")
    limits = [int(each) * MEGABYTE for each in re.findall(r"client_max_body_size (\d+)m", site)]
    one, many, several = limits
    assert FILE_LIMIT < one < FILE_LIMIT * 1.1
    assert many > APPLICATION_LIMIT
    assert several > TOTAL_LIMIT
    page = (DEPLOY / "nginx/pages/413.html").read_text(encoding="utf-8")
    assert f"单个文件不能超过 {FILE_LIMIT // MEGABYTE} MB。" in page


def test_nginx_lets_an_office_of_forty_behind_one_address_in_and_work():
    site = (DEPLOY / "nginx/portal.conf").read_text(encoding="utf-8")
    rates = dict(re.findall(r"zone=(\w+):10m rate=(\d+)r/s", site))
    bursts = dict(re.findall(r"limit_req zone=(\w+) burst=(\d+)", site))
    # Page and answer of password and code each, and the way back, all in the first ten seconds.
    assert int(rates["entrances"]) * 10 + int(bursts["entrances"]) >= 40 * 5
    # While they type, a page saves once in 800 ms at most.
    assert int(rates["pages"]) >= 40 / 0.8
    assert int(re.search(r"limit_conn connections (\d+);", site)[1]) >= 40 * 6


# --- gunicorn --------------------------------------------------------------------------------


def test_the_kernel_knows_every_setting():
    text = (DEPLOY / "sysctl/portal.conf").read_text(encoding="utf-8")
    names = re.findall(r"^(net\.\S+) = \d+$", text, re.MULTILINE)
    assert names
    assert all(Path("/proc/sys", name.replace(".", "/")).exists() for name in names)


def test_gunicorn_reads_its_settings_from_the_environment():
    environment = {
        **os.environ,
        "WEB_BIND": "127.0.0.1:8123",
        "WEB_WORKERS": "3",
        "WEB_TRUSTED_PROXIES": "10.0.0.1,10.0.0.2",
    }
    command = [sys.executable, "-m", "gunicorn", "--config", "deploy/gunicorn.conf.py"]
    done = run(*command, "--print-config", "wsgsite.wsgi", cwd=ROOT, env=environment)
    said = dict(re.findall(r"^(\w+) +(?:= )?(.+)$", done.stdout, re.MULTILINE))
    assert said["bind"] == "['127.0.0.1:8123']"
    assert said["workers"] == "3"
    assert said["forwarded_allow_ips"] == "['10.0.0.1', '10.0.0.2']"
    assert said["control_socket_disable"] == "True"


# --- Containers ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def compose():
    return yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))


def test_compose_understands_the_file(tmp_path):
    shutil.copytree(DEPLOY, tmp_path / "deploy")
    for name in ("portal.env", "database.env", "minio.env"):
        (tmp_path / "deploy" / name).touch()
    file = tmp_path / "deploy/compose.yaml"
    if shutil.which("docker") and run("docker", "compose", "version").returncode == 0:
        command = ["docker", "compose"]
    else:
        command = [program("docker-compose")]
    done = run(*command, "--file", file, "config", "--quiet")
    assert done.returncode == 0, done.stderr


def test_every_container_is_confined(compose):
    for name, service in compose["services"].items():
        assert service["cap_drop"] == ["ALL"], name
        assert "no-new-privileges:true" in service["security_opt"], name
        # ClamAV's own image writes where it likes.
        assert service["read_only"] is (name != "clamav"), name
        assert not service.get("privileged"), name


def test_containers_wait_for_what_they_need_and_bound_what_they_take(compose):
    services = compose["services"]
    for name in ("web1", "web2", "worker1", "worker2"):
        assert services[name]["depends_on"]["migrate"]["condition"] == (
            "service_completed_successfully"
        )
        assert services[name]["deploy"]["resources"]["limits"]["memory"]
    assert services["nginx"]["depends_on"]["web1"]["condition"] == "service_healthy"
    # Secrets come from files that are not in the repository; only nginx is reached from outside.
    assert all(services[name]["env_file"] == ["portal.env"] for name in PORTAL)
    assert [name for name, service in services.items() if "ports" in service] == ["nginx"]


def test_compose_and_systemd_run_the_same_commands(compose):
    started = set()
    for path in SERVICES:
        for line in re.findall(r"^ExecStart=(.+)$", path.read_text(), re.MULTILINE):
            started.add(line.replace("/opt/portal/.venv/bin/", ""))
    contained = set()
    for name in PORTAL:
        command = compose["services"][name].get("command")
        if command is None:
            image = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
            command = yaml.safe_load(re.findall(r"^CMD (.+)$", image, re.MULTILINE)[-1])
        if command[0] == "sh":
            contained |= {
                " ".join(shlex.split(line))
                for line in command[2].splitlines()
                if line.strip()[:6] == "python"
            }
        else:
            contained.add(" ".join(command))
    assert started == contained


def test_the_proxy_tells_itself_when_a_request_came():
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    header = re.search(r"^# ARRIVAL_HEADER=(\S+)$", example, re.MULTILINE)[1]
    proxy = (DEPLOY / "nginx/proxy.conf").read_text(encoding="utf-8")
    assert f"proxy_set_header {header} $msec;" in proxy


def test_the_image_is_made_of_locks_and_runs_as_nobody():
    image = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    setup = (ROOT / "scripts/setup.sh").read_text(encoding="utf-8")
    for flag in ("--no-deps", "--require-hashes", "--only-binary :all:", "npm ci --ignore-scripts"):
        assert flag in image
        assert flag in setup
    last = image.rsplit("\nFROM ", 1)[1]
    assert re.search(r"^USER \d+:\d+$", last, re.MULTILINE)
    for package in ("libharfbuzz-subset0", "libpango-1.0-0", "libpangoft2-1.0-0", "fonts-hanazono"):
        assert package in last
        assert package in (ROOT / ".ci/run").read_text(encoding="utf-8")
    for tool in ("gcc", "build-essential", "npm ", "COPY . "):
        assert tool not in last
    assert "/healthz" in last


def test_the_image_holds_every_app_that_production_has():
    copied = set(re.findall(r"^COPY (\w+) \1$", (DEPLOY / "Dockerfile").read_text(), re.MULTILINE))
    own = {app.label for app in apps.get_app_configs() if Path(app.path).parent == ROOT}
    assert "operations" in own
    assert own - {"demo"} <= copied


def test_nothing_secret_reaches_the_builder():
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert "*" in lines
    kept = {line[1:] for line in lines if line.startswith("!")}
    image = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    copied = re.findall(r"^COPY (?!--from)(.+)$", image, re.MULTILINE)
    sources = {source for line in copied for source in line.split()[:-1]}
    assert sources == kept
    assert all((ROOT / source).exists() for source in sources)


# --- Scripts ---------------------------------------------------------------------------------


def test_shellcheck_finds_nothing_in_the_scripts():
    shellcheck = program("shellcheck")
    scripts = [*sorted((ROOT / "scripts").glob("*.sh")), ROOT / ".ci/run"]
    done = run(shellcheck, "--severity=warning", "--shell=bash", *scripts)
    assert done.stdout == ""
