"""Make the pictures of the guides (`make pictures`): static/guide/, from the demo.

The demo is loaded into a temporary database by a clock that stands still, so that a page that did
not change gives the same picture again. What a picture shows is found by what is written there;
where a page no longer has it, the head of the page is taken instead and the script says so.
"""

import io
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
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "static" / "guide"
NOW = "2026-09-14T10:00:00+08:00"  # a Monday
WIDTH, PHONE, HEIGHT = 1100, 390, 900  # px: the narrowest that still shows columns
LARGEST, LARGEST_TOGETHER = 80_000, 1_600_000  # bytes
QUALITIES = (90, 80, 70, 55, 40)  # tried in turn where a lossless picture is too large
UNSEEN = 8  # of 255: a difference of colour that nobody sees
# Chromium draws dates and file fields in its own language, and Debian's knows English alone: this
# is how they look to whoever reads the guides.
IN_CHINESE = """
for (const field of document.querySelectorAll("input[type^=date], input[type=file]")) {
  const { type, value } = field;
  field.type = "text";
  const moment = value.replaceAll("-", "/").replace("T", " ");
  field.value = type === "file" ? "选择文件　未选择任何文件" : moment;
}
"""
# Brings an element to the top of the panes that it scrolls in; returns what is seen of it there.
IN_VIEW = """
(element) => {
  const panes = [];
  for (let up = element.parentElement; up && up !== document.body; up = up.parentElement) {
    if (/auto|scroll/.test(getComputedStyle(up).overflowY)) panes.push(up);
  }
  for (const pane of panes) {
    pane.scrollTop += element.getBoundingClientRect().top - pane.getBoundingClientRect().top;
  }
  scrollTo(0, 0);
  const box = element.getBoundingClientRect();
  let { left, top, right, bottom } = box;
  for (const pane of panes) {
    const frame = pane.getBoundingClientRect();
    [left, top] = [Math.max(left, frame.left), Math.max(top, frame.top)];
    [right, bottom] = [Math.min(right, frame.right), Math.min(bottom, frame.bottom)];
  }
  return { x: left, y: top, width: right - left, height: bottom - top };
}
"""


@dataclass(frozen=True)
class Shot:
    """One picture: who looks at which page, and what of it is shown.

    `who` is a demo account's login, "" for a visitor; `route` the name of an address with what it
    takes: a studio's login, "round", "panel", "notice". `under` is a heading or legend whose
    surroundings are shown, at most `height` px of them; the whole page without one. Of a window of
    `width` px at most `shown` are shown. The first fold that reads `unfold` is opened, if any.
    """

    name: str
    who: str
    route: tuple[str, ...]
    under: str = ""
    height: int = 640
    query: str = ""
    width: int = WIDTH
    shown: int = WIDTH
    unfold: str = ""


# Studios whose material has been read.
READ = ("qiye02", "qiye03", "qiye06")
SHOTS = (
    Shot("account_factors", "office", ("mfa_index",)),
    Shot("applicant_register", "", ("account_signup",), height=700, shown=640),
    Shot("applicant_tasks", "qiye01", ("applications:overview", "qiye01"), height=760),
    Shot(
        "applicant_awards",
        "qiye02",
        ("applications:section", "qiye02", "awards"),
        height=760,
        unfold="第 1 行",
    ),
    Shot(
        "applicant_evidence",
        "qiye02",
        ("applications:section", "qiye02", "evidence"),
        under="所获荣誉",
        height=480,
    ),
    Shot("applicant_print", "qiye02", ("applications:section", "qiye02", "stamp"), height=860),
    Shot("applicant_submit", "qiye02", ("applications:submit", "qiye02"), under="提交申报"),
    Shot("applicant_return", "qiye02", ("applications:overview", "qiye02"), height=560),
    Shot(
        "recommender_verify",
        "tuijian.ja",
        ("review:verify", "qiye03"),
        height=720,
        query="?item=award-1",
    ),
    Shot(
        "recommender_read",
        "tuijian.ja",
        ("review:verify", "qiye03"),
        under="核验清单",
        height=560,
        query="?order=doubt",
    ),
    Shot(
        "recommender_decide",
        "tuijian.ja",
        ("review:detail", "qiye03"),
        under="办理",
        height=760,
        query="?decide=return",
    ),
    Shot("recommender_rank", "tuijian.ja", ("review:recommendation_list", "round"), height=720),
    Shot("office_rounds", "office", ("review:round_edit", "round"), height=680),
    Shot("office_lists", "office", ("review:lists_reported",), height=560),
    Shot("office_qualification", "office", ("review:detail", "qiye06"), under="资格审查表"),
    Shot("office_hints", "office", ("review:detail", "qiye06"), under="形式审查提示"),
    Shot("office_bulk", "office", ("review:queue",), query="?stage=&select=page"),
    Shot("office_draw", "office", ("review:draw_new", "round"), height=760),
    Shot("office_assign", "office", ("review:panels",), height=560),
    Shot(
        "office_inspection",
        "office",
        ("review:inspection", "yuanxiao09"),
        height=760,
        width=PHONE,
    ),
    Shot("office_publicity", "office", ("review:notice", "notice"), height=480),
    Shot("office_results", "office", ("review:results", "round"), height=640),
    Shot("office_statistics", "office", ("review:dashboard",), height=760),
    Shot("expert_desk", "expert3", ("review:panel_desk", "panel"), height=640),
    Shot("expert_score", "expert3", ("review:score", "qiye08"), height=760),
    Shot("expert_lead", "expert1", ("review:panel_board", "panel"), height=640),
    Shot("bureaus_approve", "bureau", ("review:approval",), height=460),
    Shot("public_objection", "", ("object_to", "notice"), height=760),
    Shot("admin_accounts", "admin", ("accounts:staff",), height=560),
)


def read_files(application):
    """Read the files of an application now, as the worker would in its time."""
    from applications.models import FileText
    from applications.recognition import reader

    digests = {file.sha256 for file in application.current_evidence()}
    for text in FileText.objects.filter(sha256__in=digests):
        reader.read(text)
    reader.READING.end()


def prepare():
    """Load the demo, and print the sessions and addresses of all pictures as JSON."""
    import time_machine
    from django.conf import settings
    from django.core.management import call_command
    from django.test import Client
    from django.urls import reverse

    from accounts.models import User
    from applications.models import Application
    from applications.rounds import Round
    from demo.studios import MAIL_DOMAIN
    from review.panels.models import Panel
    from review.publicity.models import PublicNotice

    def application_of(login):
        unit = User.objects.filter(email=f"{login}@{MAIL_DOMAIN}").values("applying_unit")
        return Application.objects.filter(applying_unit__in=unit).order_by("pk").last()

    with time_machine.travel(NOW, tick=False):
        call_command("migrate", verbosity=0)
        call_command("collectstatic", interactive=False, verbosity=0)
        call_command("loaddemo", stdout=io.StringIO())
        for studio in READ:
            read_files(application_of(studio))
        sessions = {}
        for login in {shot.who for shot in SHOTS} - {""}:
            user = User.objects.get(email=f"{login}@{MAIL_DOMAIN}")
            client = Client()
            client.force_login(user)
            session = client.session
            # Never idle, and authenticated this moment: no page asks for the password.
            session["seen"] = 2**40
            session["account_authentication_methods"] = [{"method": "pictured", "at": 2**40}]
            session["account_authentication_methods_user"] = str(user.pk)
            session.save()
            sessions[login] = client.cookies[settings.SESSION_COOKIE_NAME].value
    round_ = Round.objects.latest("year")
    panel = Panel.objects.filter(round=round_).earliest("pk")
    scored = next(shot.route[1] for shot in SHOTS if shot.name == "expert_score")
    with time_machine.travel(NOW, tick=False):
        attendance = panel.attendances.get(expert__email=f"expert3@{MAIL_DOMAIN}")
        attendance.declare_none(application_of(scored))
    named = {
        "round": round_.pk,
        "panel": panel.pk,
        "notice": PublicNotice.objects.latest("pk").pk,
    }

    def argument(word):
        """What stands in the address for a word of a route."""
        application = application_of(word)
        return named.get(word) or (application.pk if application else word)

    addresses = {
        shot.name: reverse(shot.route[0], args=[argument(word) for word in shot.route[1:]])
        for shot in SHOTS
    }
    told = {"cookie": settings.SESSION_COOKIE_NAME, "sessions": sessions, "addresses": addresses}
    json.dump(told, sys.stdout)


def serve(port):
    """Serve the portal at a clock that stands still."""
    import time_machine
    from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
    from django.core.wsgi import get_wsgi_application

    class Quiet(WSGIRequestHandler):
        def log_message(self, *arguments):
            pass

    with time_machine.travel(NOW, tick=False):
        server = ThreadedWSGIServer(("127.0.0.1", port), Quiet)
        server.set_app(get_wsgi_application())
        server.serve_forever()


def region(page, shot):
    """Return what of the page is shown, as Playwright's clip, and whether `under` was there."""
    main = page.get_by_role("main")
    shown, was_found = main, True
    if shot.under:
        titles = [
            page.get_by_role("heading", name=shot.under, exact=True),
            page.get_by_role("heading", name=shot.under),
            page.locator("legend", has_text=shot.under),
        ]
        places = [page.locator("section, form, fieldset").filter(has=title) for title in titles]
        around = next((place for place in places if place.count()), None)
        if was_found := around is not None:
            shown = around.last
    box = shown.evaluate(IN_VIEW)
    return {
        "x": max(box["x"], 0),
        "y": max(box["y"], 0),
        "width": min(box["width"], shot.width, shot.shown),
        "height": min(box["height"], shot.height),
    }, was_found


def taken(page, shot, address):
    """Return the PNG of a shot, and whether everything that it shows was found."""
    page.set_viewport_size({"width": shot.width, "height": HEIGHT})
    response = page.goto(address + shot.query)
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(300)  # what a script draws
    if shot.unfold:
        folds = page.get_by_role("main").locator("summary", has_text=shot.unfold)
        if folds.count():
            folds.first.click()
    page.evaluate(IN_CHINESE)
    page.evaluate("scrollTo(0, 0); document.activeElement?.blur()")
    clip, was_found = region(page, shot)
    png = page.screenshot(clip=clip, full_page=True, animations="disabled", caret="hide")
    return png, was_found and response.ok


def packed(png):
    """Return a picture as WebP that is small enough."""
    from PIL import Image

    image = Image.open(io.BytesIO(png)).convert("RGB")
    for options in ({"lossless": True}, *({"quality": quality} for quality in QUALITIES)):
        out = io.BytesIO()
        image.save(out, "WEBP", method=6, **options)
        if out.tell() <= LARGEST:
            break
    return out.getvalue()


def looks_the_same(file, picture):
    """Whether a picture is to the eye what the file has already."""
    from PIL import Image, ImageChops

    if not file.exists():
        return False
    old, new = (Image.open(each).convert("RGB") for each in (file, io.BytesIO(picture)))
    if old.size != new.size:
        return False
    return max(most for _, most in ImageChops.difference(old, new).getextrema()) <= UNSEEN


def write_sizes():
    """Say how large each picture is: the portal's own processes open no picture to see it."""
    from PIL import Image

    sizes = {}
    for file in sorted(FOLDER.glob("*.webp")):
        with Image.open(file) as image:
            sizes[file.stem] = image.size
    lines = ",\n".join(
        f'  "{name}": [{width}, {height}]' for name, (width, height) in sizes.items()
    )
    (FOLDER / "sizes.json").write_text(f"{{\n{lines}\n}}\n", encoding="utf-8")


def main():
    from playwright.sync_api import sync_playwright

    chromium_path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
    if chromium_path is None:
        raise SystemExit("error: Chromium is missing")
    with ExitStack() as stack:
        var = stack.enter_context(tempfile.TemporaryDirectory())
        environment = {
            **os.environ,
            "ENVIRONMENT": "local",
            "DEBUG": "false",
            "VAR_DIR": var,
            "DATABASE_URL": f"sqlite:///{var}/pictures.sqlite3",
            "S3_BUCKET": "",
            "CLAMD_URL": "",
            "MFA_REQUIRED": "false",
            "EMAIL_URL": "filemail://",
            "DJANGO_SETTINGS_MODULE": "wsgsite.settings",
            "PYTHONPATH": str(ROOT),
        }
        this = [sys.executable, __file__]
        printed = subprocess.run(
            [*this, "prepare"], cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE
        ).stdout
        told = json.loads(printed.splitlines()[-1])
        # Thumbnails, which the worker draws; what is shown as read has been read.
        worker = [sys.executable, "manage.py", "db_worker", "--queue-name", "*", "--batch"]
        subprocess.run(
            worker, cwd=ROOT, env=environment | {"OCR": "off"}, check=True, capture_output=True
        )
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        host = f"http://127.0.0.1:{port}"
        server = subprocess.Popen([*this, "serve", str(port)], cwd=ROOT, env=environment)
        stack.callback(server.wait)
        stack.callback(server.terminate)
        for _ in range(150):
            try:
                urllib.request.urlopen(host, timeout=10).close()  # nosec B310 - our own
                break
            except OSError:
                time.sleep(0.2)
        playwright = stack.enter_context(sync_playwright())
        sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
        chromium = playwright.chromium.launch(executable_path=chromium_path, args=sandbox)
        stack.callback(chromium.close)
        FOLDER.mkdir(parents=True, exist_ok=True)
        missing, sizes = [], {}
        for shot in SHOTS:
            context = chromium.new_context(locale="zh-CN", timezone_id="Asia/Shanghai")
            if shot.who:
                session = told["sessions"][shot.who]
                context.add_cookies([{"name": told["cookie"], "value": session, "url": host}])
            png, is_whole = taken(context.new_page(), shot, host + told["addresses"][shot.name])
            context.close()
            if not is_whole:
                missing.append(shot.name)
            picture = packed(png)
            sizes[shot.name] = len(picture)
            file = FOLDER / f"{shot.name}.webp"
            if not looks_the_same(file, picture):
                file.write_bytes(picture)
                print(f"{shot.name}: {len(picture):,} bytes")
    for file in FOLDER.glob("*.webp"):
        if file.stem not in sizes:
            file.unlink()
            print(f"{file.stem}: removed")
    write_sizes()
    together = sum(sizes.values())
    print(f"{len(sizes)} pictures, {together:,} bytes together")
    if missing:
        print(f"not found as it was described: {', '.join(missing)}")
    if missing or together > LARGEST_TOGETHER or max(sizes.values()) > LARGEST:
        raise SystemExit(1)


if __name__ == "__main__":
    if sys.argv[1:]:
        import django

        django.setup()
        prepare() if sys.argv[1] == "prepare" else serve(int(sys.argv[2]))
    else:
        main()
