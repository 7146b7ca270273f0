"""Drives the bench: fills databases, starts servers, measures, prints one table in Markdown.

For each database (SQLite; PostgreSQL when TEST_DATABASE_URL is set) and each number of
applications, the portal and a bare Django project run side by side on the same database, under
gunicorn as `make demo` starts it; with --base another build of the portal, too, on a database of
its own. One client measures them in turn, request by request. A whole run goes into
docs/benchmarks.md.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from scripts.bench.builds import HERE, Server, checked_out, environment, new_database
from scripts.bench.client import Unexpected
from scripts.bench.pages import POSTED, SHORT, WHOLE, Visitors, bare_targets, pages_of
from scripts.bench.report import keep, report

SIZES = [200, 10_000]
SHORT_SIZE = 50


def tell(*words):
    print(*words, file=sys.stderr, flush=True)


def one_size(database, size, effort, base, folder):
    """Measure every page at one size; return (the database's version, the pages)."""

    def filled(build):
        tell(f"{database}, {size:,}: filling {build.name}")
        its_folder = Path(folder, f"{database}-{size}-{build.name or 'here'}")
        its_folder.mkdir()
        name = f"bench_{size}_{build.name or 'here'}"
        env = environment(its_folder, new_database(database, name, its_folder))
        return env, build.fill(size, POSTED * effort.forms, env)

    with ExitStack() as servers:

        def started(build, settings, env):
            server = Server(build, f"scripts.bench.{settings}", env)
            servers.callback(server.stop)
            return server

        def visitors(build):
            env, known = filled(build)
            return env, known, Visitors(started(build, "portal_settings", env), known, effort)

        there = visitors(base)[2] if base else None
        env, known, here = visitors(HERE)
        view, save = bare_targets(started(HERE, "bare_settings", env), known, effort)
        bare, measured = [], []
        for page in pages_of(here, there, view, save):
            if page.bare is None:
                bare.append(page)
                continue
            tell(f"{database}, {size:,}: {page.name}")
            page.measure(effort)
            measured.append(page)
        for page in bare:
            page.here.count()
            page.measure_alone(effort)
    return known["database"], [*bare, *measured]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--base", metavar="COMMIT", help="measure this build, too, in turn")
    parser.add_argument("--short", action="store_true", help="a few requests, to see that it runs")
    options = parser.parse_args()
    sizes, effort = ([SHORT_SIZE], SHORT) if options.short else (options.sizes, WHOLE)
    databases = ["SQLite"] + ["PostgreSQL"] * bool(os.environ.get("TEST_DATABASE_URL"))
    load = os.getloadavg()[0]
    folder = Path(tempfile.mkdtemp(prefix="wsgsite-bench-"))
    results = []
    try:
        with ExitStack() as stack:
            commit = describe(options.base) if options.base else None
            base = stack.enter_context(checked_out(commit, folder)) if commit else None
            for database in databases:
                for size in sizes:
                    name, pages = one_size(database, size, effort, base, folder)
                    results.append(((name, size), pages))
    except Unexpected as error:
        raise SystemExit(f"error: {error}") from None
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    is_whole = sizes == SIZES and len(databases) == 2
    text = report(results, load, describe("HEAD"), commit, None if is_whole else SIZES[0])
    print(text)
    if is_whole:
        keep(text)


def describe(commit):
    """Return the short name of a commit of this repository.

    Raises SystemExit when there is none.
    """
    git = ["git", "rev-parse", "--short=7", "--verify", "--quiet", f"{commit}^{{commit}}"]
    done = subprocess.run(git, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"error: there is no commit {commit} here.")
    return done.stdout.strip()


if __name__ == "__main__":
    main()
