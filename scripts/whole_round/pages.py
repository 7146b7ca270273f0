"""Queries and milliseconds of the pages while a round runs: with one row, and with all of them."""

import time

from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from applications.models import Application


class Pages:
    """Measures pages of a run at the moment; `growing` are those that take more for more rows."""

    def __init__(self, run):
        self.run = run
        self.rows = []
        self.growing = []

    # --- How a page is measured ---

    def _ask(self, client, url):
        """Return (queries, milliseconds) of a page once everything is warm."""
        client.get(url)
        with CaptureQueriesContext(connection) as queries:
            start = time.perf_counter()
            response = client.get(url)
            took = (time.perf_counter() - start) * 1000
        if response.status_code != 200:
            raise SystemExit(f"{url} answers {response.status_code}")
        return len(queries), took

    def page(self, who, user, url, stage, *, unit=None, keep=None):
        """Measure with all applications of `stage`, and with one of them alone.

        That is the one with the key `keep`, or the first. The others are taken out of sight in a
        transaction that is undone. `unit` gets all of them first: none has so many of its own.
        """
        client = self.run.client(user) if user else Client()
        waiting = Application.objects.filter(stage=stage)
        with transaction.atomic():
            if unit:
                waiting.update(recommending_unit=unit)
            many, number = self._ask(client, url), waiting.count()
            if keep is None:
                seen = Application.objects.visible_to(user) if user else Application.objects
                keep = seen.filter(stage=stage).order_by("pk").first().pk
            waiting.exclude(pk=keep).update(stage="DRAFT")
            one = self._ask(client, url)
            transaction.set_rollback(True)
        self.rows.append((who, url, number, one, many))
        if one[0] != many[0]:
            self.growing.append(f"{who} {url} ({one[0]} → {many[0]})")

    def print_table(self):
        print(f"{'who':<12}{'page':<44}{'rows':>6}{'queries at 1':>14}{'at all':>8}{'ms':>8}")
        for who, url, number, one, many in self.rows:
            print(f"{who:<12}{url[:42]:<44}{number:>6}{one[0]:>14}{many[0]:>8}{many[1]:>8.0f}")

    # --- What is measured when ---

    def measure(self, role, stage):
        """The pages with which the work of a role begins."""
        run = self.run
        unit = None
        if role == "RECOMMENDER":
            user, unit = run.recommenders[0], run.units[0]
        elif role == "EXPERT":
            from review.panels.models import Panel

            user = Panel.objects.first().leader
        else:
            user = run.office
        seen = Application.objects.visible_to(user).filter(stage=stage).order_by("pk").first().pk
        asked = [(name, []) for name in ("home", "review:queue", "review:dashboard")]
        asked.append(("review:detail", [seen]))
        if role == "RECOMMENDER":
            asked.append(("review:verify", [seen]))
        if role == "OFFICE":
            asked += [("review:lists_reported", []), ("review:timeline", [seen])]
        for name, args in asked:
            self.page(role, user, reverse(name, args=args), stage, unit=unit, keep=seen)

    def measure_lists(self):
        unit, user = self.run.units[1], self.run.recommenders[1]
        url = reverse("review:recommendation_list", args=[self.run.round.pk])
        self.page("RECOMMENDER", user, url, "RECOMMENDED", unit=unit)

    def measure_boards(self):
        from review.panels.models import Panel

        panel = Panel.objects.first()
        for name, args in (("review:panel_board", [panel.pk]), ("review:panel_desk", [panel.pk])):
            self.page("leader", panel.leader, reverse(name, args=args), "PANEL")
        self.page("OFFICE", self.run.office, reverse("review:panels"), "PANEL")

    def measure_notice(self):
        from review.publicity.models import PublicNotice

        notice = PublicNotice.objects.get()
        for name in ("publicity_notice", "object_to"):
            self.page("anybody", None, reverse(name, args=[notice.pk]), "PUBLICITY")
        self.page(
            "OFFICE", self.run.office, reverse("review:notice", args=[notice.pk]), "PUBLICITY"
        )

    def measure_results(self):
        run, round_ = self.run, [self.run.round.pk]
        self.page("anybody", None, reverse("results", args=round_), "AWARDED")
        self.page("OFFICE", run.office, reverse("review:results", args=round_), "AWARDED")
        self.page("OFFICE", run.office, reverse("review:ranking", args=round_), "AWARDED")
        self.page("BUREAU", run.bureau, reverse("review:approval"), "AWARDED")
        self.page("BUREAU", run.bureau, reverse("review:queue") + "?stage=all", "AWARDED")

    # --- What is exported ---

    def _file(self, user, url, data=None):
        client = self.run.client(user)
        response = client.post(url, data) if data is not None else client.get(url)
        if response.status_code != 200:
            raise SystemExit(f"{url} answers {response.status_code}")
        return b"".join(response)

    def export_scores(self):
        """The panels' workbooks, as the office downloads them."""
        from review.panels.models import Panel

        urls = [reverse("documents:panel_workbook", args=[each.pk]) for each in Panel.objects.all()]
        return {"panels": [self._file(self.run.office, url) for url in urls]}

    def export_results(self):
        """The whole list, the published list, and the public page."""
        run = self.run
        asked = {"stage": "all", "round": run.round.pk}
        results = reverse("documents:result_list", args=[run.round.pk])
        page = Client().get(reverse("results", args=[run.round.pk]))
        return {
            "list": self._file(run.office, reverse("documents:exports"), asked),
            "results": self._file(run.office, results),
            "page": page.content.decode(),
        }
