"""附件2 as it was last printed: what has not changed is not printed again.

A form is kept under a digest of everything that stands on it, so that another content, another
reader's numbers or opinions, another address in the codes or another look never meet the same file.
Whoever calls these functions has asked `visible_to` first.
"""

import base64
import json
import logging
from functools import cache
from importlib.metadata import version

from django.conf import settings
from django.core.files.base import ContentFile
from django.db import DatabaseError, transaction
from django.template.loader import get_template
from django.utils.crypto import salted_hmac

from applications.models import Application
from applications.permissions import Privacy
from applications.trust.encryption import decrypt, encrypt
from documents import annex2
from documents.models import KeptForm

log = logging.getLogger(__name__)

# Changed whenever the same content comes out otherwise than before for a reason in the code. The
# templates and the library speak for themselves.
EDITION = 3
TEMPLATES = (
    "documents/annex2.html",
    "documents/_text.html",
    "documents/annex2.css",
    "documents/fonts.css",
)
LIBRARIES = ("weasyprint", "pydyf", "segno", "pylopdf-fonts-zh-cn")
# An encrypted form is 0.5 MB: no more than about 2 GB are kept, the latest made.
LIMIT = 4000
REMOVED_AT_ONCE = 20
# Identity and bank numbers stand on a form, of drafts, too: it is kept encrypted as they are.
PURPOSE = "kept form"


class Erased(Exception):
    """The personal data of an application were erased while its form was being printed."""


def form(application, privacy, shown=annex2.ALL_BOXES):
    """Return what `annex2.render` returns."""
    edition = annex2.edition_of(application, privacy)
    context = annex2.context_of(application, edition, privacy, shown)
    return _form(application, " ".join([privacy.value, *sorted(shown)]), edition, context)


def form_for_stamp(application, printed):
    """Return what `annex2.render_for_stamp` returns."""
    edition = annex2.edition_for_stamp(application, printed)
    context = annex2.context_of(application, edition, Privacy.FULL)
    return _form(application, f"print {printed.pk}", edition, context)


def _form(application, readers, edition, context):
    key = _key(edition, context)
    kept = KeptForm.objects.filter(application=application, readers=readers).first()
    if kept and kept.key == key:
        try:
            with kept.file.open("rb") as stored:
                return base64.b64decode(decrypt(stored.read().decode(), PURPOSE))
        except (OSError, ValueError):  # lost, or its key is no longer in the ring
            log.warning("the kept form %s cannot be read", kept.file.name, exc_info=True)
    made = annex2.to_pdf(edition, context)
    try:
        _keep(application, readers, key, made)
    except (OSError, DatabaseError, Erased):
        log.exception("a form of application %s was not kept", application.pk)
    return made


def _key(edition, context):
    """Return the digest of everything that is printed, in hex.

    It is keyed: from a plain one, who has the rest could try out the digits of an identity number.
    """
    printed = [EDITION, _look(), settings.SITE_URL, edition.fingerprint, context]
    text = json.dumps(printed, ensure_ascii=False, sort_keys=True)
    return salted_hmac("documents.kept_forms", text, algorithm="sha256").hexdigest()


@cache
def _look():
    sources = [get_template(name).template.source for name in TEMPLATES]
    return [*sources, *map(version, LIBRARIES)]


def _keep(application, readers, key, made):
    """Keep a form in the place of the one before it, and no more than `LIMIT` in all."""
    kept = KeptForm(application=application, readers=readers, key=key)
    token = encrypt(base64.b64encode(made).decode(), PURPOSE)
    kept.file.save("form.sealed", ContentFile(token.encode()), save=False)
    storage, name = kept.file.storage, kept.file.name
    assert name is not None
    try:
        with transaction.atomic():
            # One who prints the same at this moment waits here, and so does what erases its data.
            locked = Application.objects.select_for_update().only("erased_at")
            if locked.get(pk=application.pk).erased_at != application.erased_at:
                raise Erased
            before = KeptForm.objects.filter(application=application, readers=readers)
            beyond = KeptForm.objects.order_by("-pk")[LIMIT - 1 : LIMIT - 1 + REMOVED_AT_ONCE]
            old = {each.pk: each for each in (*before, *beyond)}
            KeptForm.objects.filter(pk__in=old).delete()
            kept.save()
    except BaseException:
        storage.delete(name)
        raise
    for each in old.values():
        assert each.file.name is not None
        storage.delete(each.file.name)
