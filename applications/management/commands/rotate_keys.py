"""Encrypt ID and bank numbers anew with the first key of ENCRYPTION_KEYS."""

from django.core.management.base import BaseCommand

from accounts.audit import AuditEntry, log_entry
from applications.trust.encryption import ring
from applications.trust.key_rotation import rotate


class Command(BaseCommand):
    help = (
        "Encrypt everything anew with the first key of ENCRYPTION_KEYS, and compute the indexes "
        "for finding equal numbers anew. The portal may be used meanwhile; after an interruption "
        "run it again."
    )

    def handle(self, *args, **options):
        present = ring()[0].number

        def told(last, counts):
            if options["verbosity"] > 1:
                self.stdout.write(f"up to application {last}: {dict(counts)}")

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
        self.stdout.write(f"Looked through {looked} applications; key {present} encrypts now.")
        for name, number in sorted(counts.items()):
            self.stdout.write(f"  {name}: {number} rows written anew")
        if not counts:
            self.stdout.write("  Nothing was left to do.")
        if unresolved:
            self.stdout.write(
                f"  {unresolved} indexes belong to numbers that are written nowhere any more; "
                "they find nothing, and stay as they are."
            )
        self.stdout.write("Every other key can be taken out of ENCRYPTION_KEYS now.")
