"""What is measured: pages of the portal, each with the bare view beside it and its goal."""

import statistics
import threading
import time
import urllib.parse
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial

from scripts.bench.client import CSRF, Client, Unexpected

VIEW, SAVE = "bare view", "bare save"
SEARCH = "search by number, office"


@dataclass(frozen=True)
class Effort:
    """How often a page is asked for: to warm up, timed one at a time, and by `clients` at once.

    Those ask for `seconds`; of what is posted each sends `posts` forms.
    """

    warm_up: int
    timed: int
    clients: int
    seconds: float
    posts: int

    @property
    def forms(self):
        """How many drafts a page that posts uses up: one is posted to count its queries."""
        return 1 + self.warm_up + self.timed + self.clients * self.posts


WHOLE = Effort(warm_up=10, timed=50, clients=8, seconds=2, posts=10)
SHORT = Effort(warm_up=2, timed=5, clients=2, seconds=0.2, posts=2)
POSTED = 3  # pages that post a draft


class Target:
    """One page on one server. `jobs` are (client, url, a function that makes the body or None).

    A page that is read has one job, which is done again and again; what is posted is posted once.
    """

    def __init__(self, server, jobs):
        self.server, self.is_posted = server, len(jobs) > 1
        self.next_job = iter(jobs) if self.is_posted else iter(lambda: jobs[0], None)
        self.times, self.figures = [], {}

    def ready(self):
        """Return the client and the arguments of the next request, its form read already."""
        client, url, body = next(self.next_job)
        return client, (url, body and body())

    def time_one(self):
        """Make one request; return the milliseconds that it took."""
        client, arguments = self.ready()
        began = time.perf_counter()
        client.request(*arguments)
        return (time.perf_counter() - began) * 1000

    def count(self):
        """Note the queries and the size of one answer."""
        client, arguments = self.ready()
        response, content = client.request(*arguments, {"X-Count-Queries": "1"})
        self.figures |= {"queries": int(response.headers["X-Queries"]), "bytes": len(content)}

    def rate(self, effort):
        """Note the requests a second with several clients, for a while or until all are made."""
        if self.is_posted:
            left = [self.ready() for _ in range(effort.clients * effort.posts)]
            shares = [left[index :: effort.clients] for index in range(effort.clients)]
        else:
            shares = [[self.ready()] for _ in range(effort.clients)]
        done, failures = [], []
        until = time.perf_counter() + effort.seconds

        def run(share):
            try:
                while share:
                    for client, arguments in share:
                        client.request(*arguments)
                        done.append(1)
                    if self.is_posted or time.perf_counter() > until:
                        return
            except (Unexpected, OSError) as error:
                failures.append(error)

        threads = [threading.Thread(target=run, args=[share]) for share in shares]
        began = time.perf_counter()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if failures:
            raise failures[0]
        self.figures["rate"] = len(done) / (time.perf_counter() - began)


@dataclass
class Page:
    """One line of the table: the page here, the bare view beside it, the same of the base build.

    `goal` is the most that the page's median may be, as a multiple of the bare view's.
    """

    name: str
    here: Target
    bare: Target | None = None
    base: Target | None = None
    goal: float | None = None
    ratios: dict = field(default_factory=dict)

    def measure(self, effort):
        """Measure the page in turn with the bare view and the base build, request by request."""
        targets = [target for target in (self.bare, self.here, self.base) if target]
        self.here.count()
        for target in targets * effort.warm_up:
            target.time_one()
        taken = {target: [] for target in targets}
        for target in targets * effort.timed:
            taken[target].append(target.time_one())
        for target, times in taken.items():
            target.times += times
        median = {target: statistics.median(times) for target, times in taken.items()}
        self.ratios["bare"] = median[self.here] / median[self.bare]
        if self.base:
            self.ratios["base"] = median[self.here] / median[self.base]
        self.measure_alone(effort)

    def measure_alone(self, effort):
        """Note what is measured of this build alone: requests a second and memory."""
        self.here.rate(effort)
        self.here.figures["memory"] = self.here.server.memory()


class Visitors:
    """The people of one server, logged in, and what they ask for."""

    def __init__(self, server, known, effort):
        self.server, self.known, self.effort = server, known, effort
        roles = ("office", "recommender", "expert", "applicant", "submitter")
        self.clients = {role: self._logged_in(role) for role in roles}
        self.clients["typist"] = Client(
            server.port, self.clients["submitter"].session, {"X-Requested-With": "autosave"}
        )

    def _logged_in(self, role):
        # The expert is one who has something to score.
        email = f"{self.known.get(role, role)}@{self.known['domain']}"
        client = Client(self.server.port)
        return client.log_in(self.known["login"], login=email, password=self.known["password"])

    def reads(self, role, address):
        """Return the target of a page that is read, or None where this build has none."""
        if self.known[address] is None:
            return None
        return Target(self.server, [(self.clients[role], self.known[address], None)])

    def saves(self, role, part):
        """Return the target that saves the section of a draft, each of its share once."""
        submitter, forms = self.clients["submitter"], self.effort.forms
        drafts = self.known["drafts"][part * forms : (part + 1) * forms]
        return Target(
            self.server,
            [
                (
                    self.clients[role],
                    draft["section"],
                    partial(submitter.form, draft["section"], lead_post=f"班长{number}"),
                )
                for number, draft in enumerate(drafts)
            ],
        )

    def submits(self, part):
        """Return the target that submits the drafts of a share, each once."""
        submitter, forms = self.clients["submitter"], self.effort.forms
        typed = {
            "text": "同意申报。",
            "signatory": "签署某",
            "signed_on": datetime.now(UTC).date(),
            "truth_declared": "on",
        }
        return Target(
            self.server,
            [
                (submitter, draft["submit"], partial(submitter.form, draft["submit"], **typed))
                for draft in self.known["drafts"][part * forms : (part + 1) * forms]
            ],
        )


def bare_targets(server, known, effort):
    """Log in to the bare project; return its view and its save as targets."""
    email = f"office@{known['domain']}"
    anyone = Client(server.port).log_in("/login/", username=email, password=known["password"])

    def form(number):
        pk = known["drafts"][number % len(known["drafts"])]["pk"]
        fields = {"pk": pk, "fax": f"027-{number:08d}", "csrfmiddlewaretoken": CSRF}
        return lambda: urllib.parse.urlencode(fields)

    # It stands beside all pages that post, and is measured by itself.
    times = (POSTED + 1) * effort.forms
    return (
        Target(server, [(anyone, "/", None)]),
        Target(server, [(anyone, "/save/", form(number)) for number in range(times)]),
    )


def pages_of(here, base, view, save):
    """Return the `Page`s to measure, bare ones first; `base`, another build's `Visitors`, or None.

    The goals are those of 10,000 applications.
    """

    def page(name, bare, goal, ask, *arguments):
        there = ask(base, *arguments) if base else None
        return Page(name, ask(here, *arguments), bare, there, goal)

    read = Visitors.reads
    return [
        Page(VIEW, view),
        Page(SAVE, save),
        page("queue, office", view, 1.4, read, "office", "queue"),
        page("queue, recommending unit", view, 1.4, read, "recommender", "queue"),
        page("home, office", view, 1.4, read, "office", "home"),
        page("home, applicant", view, 1.4, read, "applicant", "home"),
        page("application page, office", view, 2.5, read, "office", "detail"),
        page("verification, recommending unit", view, 3, read, "recommender", "verify"),
        page("score sheet, expert", view, 3, read, "expert", "sheet"),
        page("figures, office", view, 3, read, "office", "figures"),
        page(SEARCH, view, 3, read, "office", "search"),
        page("draft save of a section", save, 1.3, Visitors.saves, "submitter", 0),
        page("save while typing", save, 2, Visitors.saves, "typist", 1),
        page("submit", save, 2.5, Visitors.submits, 2),
    ]
