"""Recompute draws of panels from their records and compare the results."""

from django.core.management.base import BaseCommand, CommandError

from review.panels.models import Draw


class Command(BaseCommand):
    """Verify one draw, or all; exit code 1 when one differs, or is not there."""

    help = "Recompute the draw with this key, or all draws, and compare with the recorded results"

    def add_arguments(self, parser):
        parser.add_argument("pk", nargs="?", type=int, help="key of a draw; all without one")

    def handle(self, *args, pk=None, **options):
        draws = Draw.objects.select_related("round", "panel").order_by("pk")
        if pk is not None:
            draws = draws.filter(pk=pk)
            if not draws:
                raise CommandError(f"There is no draw {pk}.")
        differing = 0
        for draw in draws:
            difference = draw.first_difference()
            differing += difference is not None
            self.stdout.write(f"{draw.pk} {draw}：{difference or '一致'}")
        if differing:
            raise CommandError(f"{differing} of {len(draws)} draws differ from their records.")
        self.stdout.write(f"{len(draws)} draws verified.")
