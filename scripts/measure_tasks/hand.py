"""A person at a browser whose every move is counted."""

import http.client
import re
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from playwright.sync_api import Error

WINDOW = {"width": 1280, "height": 800}
PATIENCE = 8  # seconds until something that is asked for has to be there
ASKED = 9  # how often the server is asked for a page, to time it

# Scrolls an element into view as little as possible, pane by pane from the inside out, and returns
# the pixels that this took. What a sticky bar covers is not in view.
BRING = """
(element) => {
  const margin = 4;
  let moved = 0;
  const scroll = (pane, by) => {
    const before = pane.scrollTop;
    pane.scrollBy({ top: by, behavior: "instant" });
    moved += Math.abs(pane.scrollTop - before);
  };
  const panes = [];
  for (let up = element.parentElement; up; up = up.parentElement) {
    const flow = getComputedStyle(up).overflowY;
    const isRoot = up === document.documentElement || up === document.body;
    const hasMore = up.scrollHeight > up.clientHeight + 1;
    if (!isRoot && /auto|scroll/.test(flow) && hasMore) panes.push(up);
  }
  panes.push(document.scrollingElement);
  for (const pane of panes) {
    const isRoot = pane === document.scrollingElement;
    const frame = isRoot ? { top: 0, bottom: innerHeight } : pane.getBoundingClientRect();
    const top = Math.max(frame.top, 0) + margin;
    const bottom = Math.min(frame.bottom, isRoot ? innerHeight : frame.bottom) - margin;
    const box = element.getBoundingClientRect();
    const last = box.height > bottom - top ? box.top + 40 : box.bottom;
    if (box.top < top) scroll(pane, box.top - top);
    else if (last > bottom) scroll(pane, last - bottom);
  }
  for (let turn = 0; turn < 12; turn++) {
    const box = element.getBoundingClientRect();
    const at = [box.left + Math.min(box.width / 2, 60), box.top + Math.min(box.height / 2, 20)];
    const hit = document.elementFromPoint(...at);
    const isFree = !hit || element.contains(hit) || hit.contains(element)
      || [...(element.labels || [])].some((label) => label.contains(hit));
    if (isFree) break;
    const cover = hit.getBoundingClientRect();
    const by = cover.top + cover.height / 2 > at[1] - 1 ? 60 : -60;
    const before = moved;
    for (const pane of panes) { scroll(pane, by); if (moved > before) break; }
    if (moved === before) break;
  }
  return moved;
}
"""
# How far an element is from the middle of the window, in px.
DISTANCE = """
(element) => {
  const box = element.getBoundingClientRect();
  return Math.abs(box.top + box.height / 2 - innerHeight / 2);
}
"""


class Lost(Exception):
    """A walk does not find what it needs on the page."""


@dataclass
class Page:
    """What a page cost when it was first opened."""

    path: str
    height: int  # px
    weight: int  # bytes over the wire, nothing cached
    server: float  # ms, the fastest of several answers


@dataclass
class Cost:
    """What a task took."""

    clicks: int = 0
    keystrokes: int = 0
    scrolled: float = 0  # px
    loads: int = 0  # documents that were loaded
    of_them: dict = field(default_factory=dict)  # what a walk tells apart: clicks, or seconds
    pages: dict = field(default_factory=dict)  # path: Page
    main: Page | None = None  # that of the work itself


class Hand:
    """Clicks, types, chooses and scrolls on a page, and counts it in `cost`.

    Controls are found by role and visible name, whatever the page looks like. A click is a click,
    a key command or a choice; opening a select and choosing are two, as are opening a file dialog
    and choosing there. Each character typed is a keystroke.
    """

    def __init__(self, page, host, cookie):
        self.page, self.host, self.cookie = page, host, cookie
        self.cost = Cost()
        self.requested = set()
        self._weight = 0
        self._changed, self._under_way = time.monotonic(), set()
        self._sizes = page.context.new_cdp_session(page)
        self._sizes.send("Network.enable")
        self._sizes.send("Network.setCacheDisabled", {"cacheDisabled": True})
        self._sizes.on("Network.loadingFinished", self._loaded)
        self._sizes.on("Network.loadingFailed", self._ended)
        self._main = self._sizes.send("Page.getFrameTree")["frameTree"]["frame"]["id"]
        self._sizes.on("Network.requestWillBeSent", self._asked)
        page.on("dialog", self._agree)

    def _agree(self, dialog):
        self.cost.clicks += 1
        dialog.accept()

    def _asked(self, event):
        self._changed = time.monotonic()
        address = event["request"]["url"]
        is_page = event.get("type") == "Document"
        if not is_page:  # what opens in a frame is not waited for: Chromium tells no end of a PDF
            self._under_way.add(event["requestId"])
        if is_page and event.get("frameId") == self._main:
            if "redirectResponse" not in event:
                self.cost.loads += 1
            self._weight = 0
            self._under_way = {event["requestId"]}
        if "thumbnail" not in address:
            self.requested.add(address)

    def _ended(self, event):
        self._changed = time.monotonic()
        self._under_way.discard(event["requestId"])

    def _loaded(self, event):
        self._ended(event)
        self._weight += event["encodedDataLength"]

    # --- Where one is -------------------------------------------------------------------------

    @property
    def path(self):
        return urlsplit(self.page.url).path

    def open(self, path):
        """Begin at an address; what leads there is not counted."""
        self.page.goto(self.host + path)
        self.settle()

    def settle(self):
        """Wait until nothing moves any more, and note a page that is seen for the first time."""
        self.page.wait_for_timeout(150)
        until = time.monotonic() + PATIENCE
        while self._under_way or time.monotonic() - self._changed < 0.25:
            if time.monotonic() > until:
                break
            self.page.wait_for_timeout(50)
        self.page.wait_for_load_state("load")
        if self.path not in self.cost.pages:
            height = self.page.evaluate("document.documentElement.scrollHeight")
            weight = self._weight
            self.cost.pages[self.path] = Page(self.path, height, weight, self._time_server())

    @contextmanager
    def apart(self, kind):
        """Tell the clicks made in here apart, as `kind`."""
        before = self.cost.clicks
        yield
        self.cost.of_them[kind] = self.cost.of_them.get(kind, 0) + self.cost.clicks - before

    def mark_main(self):
        """Say that this is the page of the work."""
        self.cost.main = self.cost.pages[self.path]

    def _time_server(self):
        where = urlsplit(self.page.url)
        address = f"{where.path}?{where.query}" if where.query else where.path
        taken = []
        for _ in range(ASKED):
            connection = http.client.HTTPConnection(where.hostname, where.port, timeout=60)
            began = time.perf_counter()
            connection.request("GET", address, headers={"Cookie": self.cookie})
            connection.getresponse().read()
            taken.append((time.perf_counter() - began) * 1000)
            connection.close()
        return min(taken)

    # --- Finding ------------------------------------------------------------------------------

    def see(self, role, name, within=None):
        """Return the control with this role whose name matches, or None.

        Of several the one nearest to the middle of the window. Disabled and hidden ones are none.
        """
        place = within or self.page
        seen = []
        for control in place.get_by_role(role, name=re.compile(name)).all():
            try:
                if control.is_visible() and control.is_enabled():
                    seen.append((control.evaluate(DISTANCE), len(seen), control))
            except Error:  # it went away meanwhile
                continue
        return min(seen)[2] if seen else None

    def see_any(self, *wanted, within=None):
        """Return the first control that is there, of (role, name) in order of preference."""
        for role, name in wanted:
            if control := self.see(role, name, within):
                return control
        return None

    def reach(self, *wanted, ways=(), within=None):
        """Return the first control of (role, name) that is there, or that one of `ways` leads to.

        Ways are (role, name) of links, tabs and folds, tried in order and counted.
        Raises Lost when there is none.
        """
        until = time.monotonic() + PATIENCE
        tried = set()
        while time.monotonic() < until:
            if control := self.see_any(*wanted, within=within):
                return control
            way = next((way for way in ways if way not in tried and self.see(*way)), None)
            if way:
                tried.add(way)
                self.press(self.see(*way))
                until = time.monotonic() + PATIENCE
            else:
                self.page.wait_for_timeout(200)
        raise Lost(f"{self.path}: none of {wanted} is there, nor by {ways}")

    # --- Doing --------------------------------------------------------------------------------

    def bring(self, control):
        """Scroll until a control is in view."""
        self.cost.scrolled += control.evaluate(BRING)

    def _count(self, clicks=1):
        self.cost.clicks += clicks

    def press(self, control):
        """Click a control, and wait for what follows."""
        self.bring(control)
        self._count()
        control.click()
        self.settle()

    def go(self, *wanted, ways=(), within=None):
        """Find a control as `reach` does, and click it."""
        self.press(self.reach(*wanted, ways=ways, within=within))

    def type(self, control, text, *, over=False):
        """Type into a field that is empty, or `over` what it holds; a filled one is left alone."""
        if control.input_value() and not over:
            return
        self.bring(control)
        self._count()
        self.cost.keystrokes += len(text)
        control.fill(text)

    def key_in(self, control, text, *, steps=10):
        """Type into a field that is reached by Tab from where one is; clicked where it is not.

        Each Tab is a keystroke. A field that holds this text already is passed over.
        """
        if control.input_value() == text:
            return
        is_here = "element => element === document.activeElement"
        self.bring(control)
        pressed = 0
        while pressed < steps and not control.evaluate(is_here):
            self.page.keyboard.press("Tab")
            pressed += 1
        if control.evaluate(is_here):
            self.cost.keystrokes += pressed
        else:
            self._count()
            control.click()
        self.cost.keystrokes += len(text)
        control.fill(text)

    def paste(self, control, text):
        """Paste a text into a field that has the focus."""
        if not control.evaluate("element => element === document.activeElement"):
            self._count()
            control.click()
        self.cost.keystrokes += 1
        control.fill(text)

    def choose_value(self, control, value):
        """Choose in a select by value, unless it is chosen already."""
        if control.input_value() != value:
            self.bring(control)
            self._count(2)
            control.select_option(value)

    def tick(self, control):
        """Click a radio button or a box, unless it is chosen already."""
        if not control.is_checked():
            self.bring(control)
            self._count()
            control.check()

    def choose(self, control, label):
        """Choose in a select what reads so, unless it is chosen already."""
        chosen = control.evaluate("element => element.selectedOptions[0]?.label || ''")
        if re.search(label, chosen):
            return
        labels = control.evaluate("element => [...element.options].map(option => option.label)")
        wanted = next((each for each in labels if re.search(label, each)), None)
        if wanted is None:
            raise Lost(f"{self.path}: no choice {label} in {labels}")
        self.bring(control)
        self._count(2)
        control.select_option(label=wanted)

    def attach(self, control, *files):
        """Choose files (dicts of name, mimeType, buffer) in a file field."""
        self.bring(control)
        self._count(2)
        control.set_input_files(list(files))
        self.settle()

    def has_opened(self, pk):
        """Whether a piece of evidence was shown already."""
        return any(re.search(rf"evidence[/=]{pk}\b", address) for address in self.requested)
