"""List, and with --erase erase, the personal data whose retention period is over."""

from django.core.management.base import BaseCommand
from django.utils import timezone

from documents.tasks import forget_exports
from review.rounds.retention import (
    ERASED,
    ERASED_OF_LISTS,
    erase,
    erase_lapsed_names,
    lapsed_names,
    schedule,
)


class Command(BaseCommand):
    help = (
        "列出各批次个人信息的保存期限。加 --erase 时清除期满批次的个人信息，评审结论的记录保留；"
        "中断后重新执行即可。"
    )

    def add_arguments(self, parser):
        parser.add_argument(
            "--erase", action="store_true", help="清除期满批次的个人信息，而不只列出"
        )

    def handle(self, *args, **options):
        dues = schedule()
        for due in dues:
            self.stdout.write(f"{due.round}：{_state(due)}")
        waiting = [due for due in dues if due.is_due and due.left]
        names = lapsed_names().count()
        if names:
            self.stdout.write(f"{ERASED_OF_LISTS}：{names} 项待清除")
        if not options["erase"]:
            if waiting:
                self.stdout.write(f"加 --erase 将清除：{ERASED}。")
            return
        if any(due.is_due for due in dues):
            # They hold what is erased now.
            number = forget_exports()
            self.stdout.write(f"已删除 {number} 份导出文件，未完成的导出已停止。")
        # Rounds that are due are gone through even when nothing is left: lists and contacts.
        for due in filter(lambda due: due.is_due, dues):
            number = erase(due, self._report)
            self.stdout.write(f"{due.round}：已清除 {number} 份申报。")
        if waiting:
            self.stdout.write(f"已清除：{ERASED}。")
        if names:
            self.stdout.write(f"{ERASED_OF_LISTS}：已清除 {erase_lapsed_names()} 项。")

    def _report(self, application, files):
        self.stdout.write(f"  {application.number or application.pk}：删除 {files} 个文件")


def _state(due):
    if due.at is None:
        return "进行中，保留"
    date = timezone.localtime(due.at).date()
    kept = f"保存 {due.round.retention_years} 年，至 {date}"
    if not due.left:
        return f"{kept}；已无可清除的内容"
    return f"{kept}；{due.left} 份申报{'待清除' if due.is_due else '保留'}"
