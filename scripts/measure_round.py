"""Measure the export of a whole round: CPU seconds, peak memory, files and size, by stages of it.

Run with the development packages installed:  python scripts/measure_round.py [APPLICATIONS ...]
The data are made up (`loadmany`), each number of applications in a throwaway database and process.
"""

import os
import resource
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def django_setup(folder):
    sys.path.insert(0, str(ROOT))
    os.environ.update(
        ENVIRONMENT="local",
        VAR_DIR=folder,
        DATABASE_URL=f"sqlite:///{folder}/measure.sqlite3",
        S3_BUCKET="",
        OCR="off",
        DJANGO_SETTINGS_MODULE="wsgsite.settings",
    )
    import django

    django.setup()


def cpu():
    """Return the CPU seconds of this process and of the programs that it has ended or asked."""
    import psutil

    own = time.process_time()
    return own + sum(sum(each.cpu_times()[:2]) for each in psutil.Process().children())


def peak():
    """Return the most memory that this process has held, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measure(folder):
    """Export the largest round of a database; print a line of the table."""
    django_setup(folder)
    from django.db.models import Count

    from accounts.models import User
    from accounts.roles import Role
    from applications.rounds import Round
    from operations.round_export import export
    from operations.round_export.tables import Scope

    office = User.objects.filter(role=Role.OFFICE).first()
    round_ = Round.objects.annotate(n=Count("applications")).order_by("-n").first()
    scope, out, before = Scope(office, round_), Path(folder, "round.zip"), peak()
    start, start_cpu = time.perf_counter(), cpu()
    missing = export.write(scope, out).missing
    seconds, used = time.perf_counter() - start, cpu() - start_cpu
    with zipfile.ZipFile(out) as archive:
        files = len(archive.namelist())
        archive.extractall(Path(folder, "round"))
    applications = scope.applications.count()
    start_child = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    (unpacked,) = Path(folder, "round").iterdir()
    command = [sys.executable, "-I", "-S", "-B", "recompute.py"]
    done = subprocess.run(command, cwd=unpacked, capture_output=True, check=False)
    if done.returncode:
        print((done.stdout + done.stderr).decode(), file=sys.stderr)
    checked = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - start_child
    print(
        f"| {applications} | {used:.0f} | {used / applications:.2f} | {seconds:.0f} |"
        f" {before:.0f} → {peak():.0f} | {files:,} | {out.stat().st_size / 1e6:.0f} MB |"
        f" {len(missing)} | {checked:.1f} s, {'agrees' if done.returncode == 0 else 'DIFFERS'} |"
    )


def main():
    """Measure each number of applications that was asked for."""
    print("| applications | CPU s | each | elapsed s | MB | files | size | missing | recomputed |")
    print("|--:|--:|--:|--:|--:|--:|--:|--:|---|", flush=True)
    for number in sys.argv[1:] or ["20", "60"]:
        with tempfile.TemporaryDirectory() as folder:
            for code in (
                "from django.core.management import call_command as c\n"
                "c('migrate', verbosity=0)\n"
                f"c('loadmany', applications={number}, drafts=2, verbosity=0)",
                "measure_round.measure(sys.argv[2])",
            ):
                run = (
                    "import sys; sys.path.insert(0, sys.argv[1]); import measure_round;"
                    "measure_round.django_setup(sys.argv[2])\n" + code
                )
                quiet = subprocess.DEVNULL if "loadmany" in code else None
                subprocess.run(
                    [sys.executable, "-c", run, str(ROOT / "scripts"), folder],
                    check=True,
                    cwd=ROOT,
                    stdout=quiet,
                )


if __name__ == "__main__":
    main()
