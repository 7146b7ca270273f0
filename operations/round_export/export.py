"""批次档案: a round as one folder, packed as ZIP, that is read and checked without the portal.

Written to disk piece by piece: what it takes of memory does not grow with the round.
"""

from contextlib import contextmanager
from pathlib import Path

from django.db import connection, transaction
from django.template.loader import render_to_string
from django.utils import timezone

from accounts.roles import Role
from applications.models import Application
from applications.stages import PRIVATE
from documents.dossier.archive import safe
from operations import chain_heads
from operations.round_export import papers
from operations.round_export.chains import write_chains
from operations.round_export.folder import Folder
from operations.round_export.scores import write_scores
from operations.round_export.tables import NAMED, TABLES, write_tables

TITLE = "批次档案"
SCRIPT = Path(__file__).with_name("recompute.py")
README = "README.txt"


def steps_of(scope):
    """Return how many times `write` calls its `progress` with 1."""
    return len(TABLES) + scope.applications.count() + papers.number_of_originals(scope) + 1


@contextmanager
def one_moment():
    """Read everything within as it is at one moment, and let others write meanwhile.

    Inside a transaction of somebody else's it is that one's moment.
    """
    if connection.in_atomic_block:
        yield
    elif connection.vendor == "sqlite":
        usual, connection.transaction_mode = connection.transaction_mode, "DEFERRED"
        try:
            with transaction.atomic():
                yield
        finally:
            connection.transaction_mode = usual
    else:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            yield


def write(scope, path, progress=lambda steps: None):
    """Write the folder of a round, as its reader may see it, as a ZIP to `path`.

    Returns the `Folder`: what is missing in it, and the digest of its manifest.
    """
    folder = Folder(path, safe(f"{scope.round.title}{TITLE}"))
    with one_moment():
        export = write_chains(folder, scope)
        write_scores(folder, scope)
        write_tables(folder, scope)
    # Kept as every other export of heads is.
    export.save()
    progress(len(TABLES))
    folder.add(f"documents/{chain_heads.TITLE}.pdf", [chain_heads.render(export)])
    papers.write_papers_of_round(folder, scope)
    progress(1)
    papers.write_papers_of_applications(folder, scope, progress)
    papers.write_originals(folder, scope, progress)
    folder.add("recompute.py", [SCRIPT.read_bytes()])
    folder.add(README, [_readme(folder, scope, export).encode("utf-8-sig")])
    folder.close(
        title=TITLE,
        round=scope.round.title,
        year=scope.round.year,
        made_at=timezone.localtime(folder.now).isoformat(timespec="seconds"),
        made_by=f"{scope.user.unit_name} {scope.user.name}".strip(),
        chain_heads_sm3=export.digest,
    )
    return folder


def _readme(folder, scope, export):
    of_round = Application.objects.filter(round=scope.round)
    text = render_to_string(
        "operations/round_export/readme.txt",
        {
            "title": TITLE,
            "round": scope.round,
            "user": scope.user,
            "is_of_office": scope.user.role == Role.OFFICE,
            "now": folder.now,
            "digest": export.digest,
            "applications": scope.applications.count(),
            "private": of_round.filter(stage__in=PRIVATE).count(),
            "erased": scope.applications.exclude(erased_at=None).count(),
            "tables": [(each.name, each.title) for each in TABLES]
            + [(name, str(model._meta.verbose_name)) for name, (model, _) in NAMED.items()],
            "is_published": scope.round.result_editions.exists(),
            "missing": folder.missing,
            "originals": sum(each["path"].startswith("originals/") for each in folder.files),
        },
    )
    return text.replace("\n", "\r\n")
