#!/usr/bin/env bash
# Chromium 150.0.7871 (Debian 12's package, driven by Playwright): a link into a frame that already shows
# the same PDF, at another page (#page=3).
#
# Guess: the viewer turns to the page that the new address names, as it does when it is opened, or
# the frame loads the file again.
# Behaviour: neither. The frame's address changes, nothing is asked of the server, and the viewer
# stays at the page that it showed first; location.replace() in the frame does the same. A fresh
# <iframe> with the new address opens at its page.
#
# Output seen:
# opened at page 2: 2
# then a link to page 3 in the same frame: 2
# then location.replace() to page 1: 2
# a fresh frame at page 3: 3
set -euo pipefail
chromium=$(command -v chromium || { echo "Debian's package chromium is missing" >&2; exit 1; })
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check --only-binary :all: \
  playwright==1.64.0 pillow==13.0.0
cd "$folder"
CHROMIUM=$chromium "$folder/venv/bin/python" - <<'PYTHON'
import functools
import http.server
import io
import os
import threading

from PIL import Image
from playwright.sync_api import sync_playwright

COLOURS = {1: (200, 0, 0), 2: (0, 160, 0), 3: (0, 0, 200)}
pages = [Image.new("RGB", (600, 800), colour) for colour in COLOURS.values()]
pages[0].save("three.pdf", save_all=True, append_images=pages[1:])
with open("frame.html", "w", encoding="ascii") as page:
    page.write('<a target="f" href="three.pdf#page=2">2</a> <a target="f" href="three.pdf#page=3">3</a>')
    page.write('<iframe name="f" width="760" height="560"></iframe>')


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


server = http.server.ThreadingHTTPServer(
    ("127.0.0.1", 0), functools.partial(Quiet, directory=os.getcwd())
)
threading.Thread(target=server.serve_forever, daemon=True).start()


def shown(page):
    """The number of the page whose colour fills the middle of the frame."""
    for _ in range(40):
        page.wait_for_timeout(250)
        picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
        red, green, blue = picture.getpixel((400, 330))
        for number, colour in COLOURS.items():
            if all(abs(a - b) < 40 for a, b in zip((red, green, blue), colour)):
                return number
    raise SystemExit("no page was drawn")


with sync_playwright() as playwright:
    browser = playwright.chromium.launch(
        executable_path=os.environ["CHROMIUM"], args=["--no-sandbox"]
    )
    page = browser.new_page(viewport={"width": 800, "height": 620})
    page.goto(f"http://127.0.0.1:{server.server_port}/frame.html")
    page.click("text=2")
    lines = [f"opened at page 2: {shown(page)}"]
    page.click("text=3")
    page.wait_for_timeout(3000)
    lines.append(f"then a link to page 3 in the same frame: {shown(page)}")
    page.evaluate("frames[0].location.replace('three.pdf#page=1')")
    page.wait_for_timeout(3000)
    lines.append(f"then location.replace() to page 1: {shown(page)}")
    page.evaluate(
        "() => { const old = document.querySelector('iframe'), fresh = old.cloneNode();"
        " fresh.src = 'three.pdf#page=3'; old.replaceWith(fresh); }"
    )
    page.wait_for_timeout(3000)
    lines.append(f"a fresh frame at page 3: {shown(page)}")
print("\n".join(lines))
assert [line[-1] for line in lines] == ["2", "2", "2", "3"], "the behaviour has changed"
PYTHON
