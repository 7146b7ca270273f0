"""Encrypt ID and bank numbers anew with the first key of ENCRYPTION_KEYS."""

from django.core.management.base import BaseCommand

from accounts.audit import AuditEntry, log_entry
from applications.trust.encryption import ring
from applications.trust.key_rotation import rotate


class Command(BaseCommand):
    help = (
        "用 ENCRYPTION_KEYS 中的第一个密钥重新加密全部号码，并重建查重索引。"
        "执行期间平台可照常使用；中断后重新执行即可。"
    )

    def handle(self, *args, **options):
        present = ring()[0].number

        def told(last, counts):
            if options["verbosity"] > 1:
                self.stdout.write(f"已处理至申报 {last}：{dict(counts)}")

        counts = rotate(told)
        looked = counts.pop("applications", 0)
        unresolved = counts.pop("unresolved", 0)
        log_entry(
            AuditEntry.Kind.KEY,
            subject=f"密钥 {present}",
            applications=looked,
            unresolved=unresolved,
            **counts,
        )
        self.stdout.write(f"已检查 {looked} 份申报，现用密钥 {present} 加密。")
        for name, number in sorted(counts.items()):
            self.stdout.write(f"  {name}：重写 {number} 行")
        if not counts:
            self.stdout.write("  没有需要处理的内容。")
        if unresolved:
            self.stdout.write(
                f"  {unresolved} 个索引所对应的号码已不存在，不会再查到任何内容，保持原样。"
            )
        self.stdout.write("现在可以从 ENCRYPTION_KEYS 中去掉其他密钥。")
