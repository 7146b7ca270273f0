"""`manage.py notify`: reminders of deadlines, another try for what failed, lapsed registrations.

Run it every ten minutes. Running it more often, or twice at once, sends nothing twice.
"""

from django.core.management.base import BaseCommand
from django.utils import timezone

from accounts.registration import remove_lapsed
from applications.earlier_years import waiting
from applications.earlier_years.records import renew_recommended_by
from applications.files import archives, conversion, libreoffice, signatures
from applications.files.virus_scan import check_pending
from applications.form.word.kept_reading import forget_lapsed
from applications.notify import notifications
from applications.notify.channels.models import Delivery
from applications.notify.inbox import Message
from applications.notify.mailing import deliver
from applications.notify.reminders import remind
from applications.notify.tasks import send_by_channels
from applications.recognition.reader import forget_unused, still_unread
from applications.search import renew_missed
from documents.models import KEPT
from documents.tasks import remove_exports
from operations.round_export.tasks import remove_unfinished


class Command(BaseCommand):
    help = (
        "在截止前 7 天、3 天、1 天发送提醒；重发未成功的邮件和渠道消息，重查未完成病毒检查的文件，"
        "重新转换没有转换完的文件；清除逾期未确认的注册、Word 读取结果、压缩包和往年名单，"
        "以及过了保存期限的导出文件"
    )

    def handle(self, **options):
        lapsed, unconfirmed = remove_lapsed(), forget_lapsed()
        archives.forget_lapsed()
        exports = remove_exports(timezone.now() - KEPT)
        remove_unfinished()
        libreoffice.remove_forgotten()
        lists, moved = waiting.forget_lapsed(), renew_recommended_by()
        reminders = remind()
        missed = notifications.untold()
        Message.objects.tell(missed)
        sent, failed = deliver(Message.objects.all())
        send_by_channels(Delivery.objects.all())
        checked, unchecked = check_pending()
        unread, forgotten = still_unread(), forget_unused()
        renewed, read = renew_missed(), signatures.catch_up()
        converted = conversion.catch_up()
        self.stdout.write(
            f"提醒 {reminders} 条；补发消息 {len(missed)} 条；"
            f"邮件发出 {sent} 封、失败 {failed} 封；"
            f"病毒检查完成 {checked} 个文件、等待 {unchecked} 个；"
            f"待识别 {unread} 个文件，清除已删除文件的识别文字 {forgotten} 份；"
            f"补读电子签名 {read} 个文件，重新转换 {converted} 个文件；补建检索 {renewed} 份；"
            f"清除未确认的注册 {lapsed} 个、"
            f"未确认的 Word 读取结果 {unconfirmed} 份、往年名单 {lists} 份、"
            f"过期的导出文件 {exports} 份；"
            f"往年项目改记推荐单位 {moved} 项"
        )
