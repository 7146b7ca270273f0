"""Recompute draws of panels from their records and compare the results."""

from django.core.management.base import BaseCommand, CommandError

from review.panels.models import Draw


class Command(BaseCommand):
    """Verify one draw, or all; exit code 1 when one differs, or is not there."""

    help = "重新计算一次抽签（或全部抽签），与记录的结果比对；不一致时返回码为 1"

    def add_arguments(self, parser):
        parser.add_argument("pk", nargs="?", type=int, help="抽签编号，不填则为全部")

    def handle(self, *args, pk=None, **options):
        draws = Draw.objects.select_related("round", "panel").order_by("pk")
        if pk is not None:
            draws = draws.filter(pk=pk)
            if not draws:
                raise CommandError(f"没有编号为 {pk} 的抽签，编号见专家组页面。")
        differing = 0
        for draw in draws:
            difference = draw.first_difference()
            differing += difference is not None
            self.stdout.write(f"{draw.pk} {draw}：{difference or '一致'}")
        if differing:
            raise CommandError(
                f"{len(draws)} 次抽签中有 {differing} 次与记录不一致，请保留现状并核查。"
            )
        self.stdout.write(f"已校验 {len(draws)} 次抽签，全部一致。")
