"""`manage.py read_files`: have the worker read what was uploaded before reading was on.

Once after an upgrade, or after OCR was off for a while; running it again reads nothing twice.
"""

from django.core.management.base import BaseCommand, CommandError

from applications.recognition.reader import is_on, register_all, retry_failed


class Command(BaseCommand):
    help = "将尚未识别的已存文件排入后台任务，由后台任务进程识别"

    def add_arguments(self, parser):
        parser.add_argument("--failed", action="store_true", help="以前识别失败的也重新识别")

    def handle(self, *, failed, **options):
        if not is_on():
            raise CommandError(
                "识别未启用：OCR 设为 off，或未安装 requirements-ocr.lock 中的软件包；"
                "请设 OCR=on 并执行 make setup 后重试。"
            )
        number = register_all() + (retry_failed() if failed else 0)
        self.stdout.write(f"已排入 {number} 个文件等待识别。")
