"""Count what six common tasks take, on this build and on another, side by side.

    python -m scripts.measure_tasks.run [--tree FOLDER | --base COMMIT] [--only TASK ...]

Each build gets a fresh database and a web server (gunicorn, one process, four threads) of its own.
The same walk (walks.py) does the same work on each, in Chromium at 1280 by 800, and finds its way
by what is written on the pages. Counted are clicks (a key command or a choice is one, too), typed
characters apart, and the pixels that must be scrolled before each control is in view, in the window
and in panes alike; what one scrolls to read, or within a PDF, is not. Of the page of the work:
height, bytes over the wire with an empty cache, and the server's time for it. Where a unit applies
(applying.py) a worker runs as well, which reads the scans.
"""

import argparse
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import ExitStack
from pathlib import Path

from playwright.sync_api import Error, sync_playwright

from scripts.measure_tasks.hand import WINDOW, Hand, Lost
from scripts.measure_tasks.scans import lay_down, made, what_is_typed
from scripts.measure_tasks.walks import TASKS

ROOT = Path(__file__).resolve().parent.parent.parent
PREPARE = Path(__file__).with_name("prepare.py")
PAGE_OF_FAILURE = Path("var/measure-tasks")


class Build:
    """The web server of the build in a folder, on a database of its own, made for some tasks.

    `typed` is what is typed into a form, as prepare.py needs it. A worker runs where one applies.
    """

    def __init__(self, name, root, var, tasks, typed):
        self.name, self.root = name, root
        var.mkdir()
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.host = f"http://127.0.0.1:{port}"
        self.environment = {
            **os.environ,
            "ENVIRONMENT": "local",
            "DEBUG": "false",
            "VAR_DIR": str(var),
            "DATABASE_URL": f"sqlite:///{var}/measure.sqlite3",
            "S3_BUCKET": "",
            "MFA_REQUIRED": "false",
            "EMAIL_URL": "filemail://",
            "DJANGO_SETTINGS_MODULE": "wsgsite.settings",
            "MEASURED_APPLICATION": json.dumps(typed),
            "WEB_BIND": f"127.0.0.1:{port}",
            "WEB_WORKERS": "1",
            "WEB_THREADS": "4",
            "WEB_LOG_LEVEL": "error",
        }
        self.tasks = self._run("make", *tasks)
        self.server = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "gunicorn",
                "--config",
                "deploy/gunicorn.conf.py",
                "wsgsite.wsgi",
            ],
            cwd=root,
            env=self.environment,
        )
        self.worker = None
        if "apply" in tasks:
            with (var / "worker.log").open("wb") as log:
                worker = ["manage.py", "db_worker", "--queue-name", "*", "--no-reload"]
                self.worker = subprocess.Popen(
                    [sys.executable, *worker],
                    cwd=root,
                    env=self.environment,
                    stdout=log,
                    stderr=log,
                )
        self._wait_until_it_answers()

    def _run(self, *arguments):
        printed = subprocess.run(
            [sys.executable, str(PREPARE), *arguments],
            cwd=self.root,
            env=self.environment,
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        ).stdout
        return json.loads(printed.splitlines()[-1])

    def _wait_until_it_answers(self):
        for _ in range(150):
            try:
                urllib.request.urlopen(self.host, timeout=10).close()  # nosec B310 - our own
                return
            except OSError:
                time.sleep(0.2)
        raise SystemExit(f"error: the server of {self.name} does not answer")

    def stages(self, keys):
        """Return the stages in which these applications are now."""
        return list(self._run("stages", *map(str, keys)).values())

    def stop(self):
        for process in filter(None, (self.server, self.worker)):
            process.terminate()
            process.wait()


def walk(build, task, chromium):
    """Walk a task on a build; return its `Cost`.

    Raises SystemExit, with a picture of the page in var/measure-tasks, where the walk is lost.
    """
    _, steps, stage = TASKS[task]
    context = chromium.new_context(viewport=WINDOW, locale="zh-CN", timezone_id="Asia/Shanghai")
    context.set_default_timeout(15_000)
    name, value = build.tasks["cookie"], build.tasks["cookies"][task]
    context.add_cookies([{"name": name, "value": value, "url": build.host, "httpOnly": True}])
    hand = Hand(context.new_page(), build.host, f"{name}={value}")
    told = build.tasks[task]
    try:
        steps(hand, told)
        stages = build.stages(told["applications"])
        if set(stages) != {stage}:
            raise Lost(f"{hand.page.url}: at the end the stages are {stages}, not {stage}")
    except (Lost, Error) as error:
        PAGE_OF_FAILURE.mkdir(parents=True, exist_ok=True)
        picture = PAGE_OF_FAILURE / f"{build.name}-{task}.png"
        hand.page.screenshot(path=picture, full_page=True)
        raise SystemExit(f"error: {build.name}, {task}: {error}\nThe page: {picture}") from error
    finally:
        context.close()
    return hand.cost


def rows(cost):
    """Return the figures of a task as (label, number, unit)."""
    main = cost.main
    return [
        ("点击", cost.clicks, ""),
        ("击键", cost.keystrokes, ""),
        *((kind, round(number), "") for kind, number in cost.of_them.items()),
        ("滚动", round(cost.scrolled), "px"),
        ("载入页面", cost.loads, ""),
        ("主要页面高度", main.height, "px"),
        ("主要页面字节", round(main.weight / 1024), "KB"),
        ("主要页面服务器用时", round(main.server), "ms"),
    ]


def print_table(builds, costs, tasks):
    """Print what each task took, a line for each figure, and the ratio to the other build."""
    print("\n| 任务 | | " + " | ".join(build.name for build in builds) + " | 比 |")
    print("|---|---|" + "---:|" * (len(builds) + 1))
    for task in tasks:
        title = TASKS[task][0]
        columns = [rows(costs[build.name, task]) for build in builds]
        for lines in zip(*columns, strict=True):
            (label, last, unit), first = lines[-1], lines[0][1]
            ratio = f"{last / first:.2f}" if len(builds) > 1 and first else ""
            numbers = " | ".join(f"{number:,} {unit}".strip() for _, number, _ in lines)
            print(f"| {title} | {label} | {numbers} | {ratio} |")
            title = ""
    for build in builds:
        mains = ", ".join(f"{task} {costs[build.name, task].main.path}" for task in tasks)
        print(f"\nThe main pages of {build.name}: {mains}")


def checked_out(commit, stack):
    """Check a commit out into a temporary worktree, and return its folder."""
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory())) / "base"
    git = ["git", "-C", str(ROOT), "worktree"]
    subprocess.run([*git, "add", "--quiet", "--detach", str(folder), commit], check=True)
    stack.callback(subprocess.run, [*git, "remove", "--force", str(folder)], check=True)
    (folder / "node_modules").symlink_to((ROOT / "node_modules").resolve())
    return folder


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    other = parser.add_mutually_exclusive_group()
    other.add_argument("--tree", type=Path, help="the folder of the build to compare with")
    other.add_argument("--base", help="the commit to compare with, checked out for the while")
    parser.add_argument("--alone", action="store_true", help="measure only that one")
    parser.add_argument("--only", nargs="+", choices=TASKS, default=list(TASKS))
    options = parser.parse_args()
    chromium_path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
    if chromium_path is None:
        raise SystemExit("error: Chromium is missing")
    with ExitStack() as stack:
        roots = {}
        if options.tree:
            roots["before"] = options.tree.resolve()
        elif options.base:
            roots["before"] = checked_out(options.base, stack)
        if not (options.alone and roots):
            roots["now"] = ROOT
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        builds = []
        application = made()
        is_applying = "apply" in options.only
        if is_applying:
            (folder / "scans").mkdir()
            scans = lay_down(application, folder / "scans")
        for name, root in roots.items():
            typed = what_is_typed(application)
            build = Build(name, root, folder / name, options.only, typed)
            stack.callback(build.stop)
            builds.append(build)
            if is_applying:
                build.tasks["apply"]["scans"] = scans
        playwright = stack.enter_context(sync_playwright())
        sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
        chromium = playwright.chromium.launch(executable_path=chromium_path, args=sandbox)
        stack.callback(chromium.close)
        costs = {}
        for task in options.only:
            for build in builds:
                costs[build.name, task] = walk(build, task, chromium)
        print_table(builds, costs, options.only)


if __name__ == "__main__":
    main()
