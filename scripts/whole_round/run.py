"""Take a round with 300 applications from submission to publication, and measure it.

    make whole-round

20 recommending units, 3 panels of 7 experts drawn from 40. Everything from the submission on is
sent to the portal's own addresses, as a browser would send it: real forms, the real `perform()`.
The data are made up, in a throwaway database (DATABASE_URL chooses another). Afterwards the
published list is recomputed from the exported Excel files alone (recompute.py). Ends with 1 and
one line when a step is refused, when a page takes more queries for more rows, or when the lists
differ.
"""

import datetime
import os
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def django_setup(folder):
    sys.path.insert(0, str(ROOT))
    os.environ.update(
        ENVIRONMENT="local",
        DEBUG="false",
        VAR_DIR=folder,
        S3_BUCKET="",
        EMAIL_URL="memorymail://",
        DJANGO_SETTINGS_MODULE="wsgsite.settings",
    )
    os.environ.setdefault("DATABASE_URL", f"sqlite:///{folder}/round.sqlite3")
    import django

    django.setup()


def main():
    with tempfile.TemporaryDirectory(prefix="whole-round-") as folder:
        django_setup(folder)
        import time_machine
        from django.conf import settings
        from django.core.management import call_command
        from django.test.utils import setup_test_environment

        settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
        call_command("collectstatic", interactive=False, verbosity=0)
        call_command("migrate", verbosity=0)
        setup_test_environment()
        from scripts.whole_round.pages import Pages
        from scripts.whole_round.recompute import recompute
        from scripts.whole_round.steps import APPLICATIONS, WholeRound

        run = WholeRound(int(sys.argv[1]) if len(sys.argv) > 1 else APPLICATIONS)
        start = time.perf_counter()
        print(f"{'step':<26}{'count':>6}{'time':>11}")
        run.phase("people and drafts", run.prepare)
        run.phase("submit", run.submit)
        pages = Pages(run)
        run.phase("return, decline, redirect", run.send_round)
        run.phase("correct, submit again", run.correct)
        pages.measure("RECOMMENDER", "RECOMMENDING")
        run.phase("verify and recommend", run.verify)
        pages.measure_lists()
        run.phase("rank and report (units)", run.report)
        pages.measure("OFFICE", "QUALIFYING")
        run.phase("draw (panels)", run.draw)
        run.phase("qualify and assign", run.qualify)
        run.phase("sit down (experts)", run.sit_down)
        pages.measure("EXPERT", "PANEL")
        run.phase("score (sheets)", run.score)
        pages.measure_boards()
        run.phase("conclude", run.conclude)
        files = pages.export_scores()
        run.phase("inspect", run.inspect)
        run.phase("notice and objections", run.publish_notice)
        pages.measure_notice()
        after = datetime.datetime.combine(run.end + datetime.timedelta(days=1), datetime.time(2))
        with time_machine.travel(after.replace(tzinfo=datetime.UTC)):
            run.clients.clear()  # sessions of before have run out by then
            run.phase("clear, approve, publish", run.approve)
            pages.measure_results()
            files |= pages.export_results()
        print(f"{'in all':<26}{'':>6}{time.perf_counter() - start:>9.1f} s")
        call_command("verify_draw")
        print()
        pages.print_table()
        recompute(run, files)
        if pages.growing:
            raise SystemExit(f"queries grow with rows: {', '.join(pages.growing)}")


if __name__ == "__main__":
    main()
