"""What there is before the night begins: applicants with almost complete forms, and their scans."""

import dataclasses
import hashlib
import io
import itertools
import time

import pikepdf
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.db import transaction
from PIL import Image
from stdnum.cn import uscc

from accounts.adapter import SEEN
from accounts.models import ApplyingUnit, HostKind, RecommendingUnit, UnitNature, User
from accounts.roles import Role
from applications.models import Application, Evidence, FormPrint
from applications.rounds import EvidenceCategory, Round
from applications.stages import Stage
from demo.management.commands.loadmany import DOMAIN

# Scans by megabytes: resolution of the A4 page, and JPEG quality, that give about so many.
DRAWN = {0.5: (150, 25), 1: (200, 35), 2: (300, 22), 4: (300, 68), 8: (300, 95)}
# As often as they stand here: many phones, few office scanners.
SIZES = (0.5, 0.5, 0.5, 1, 1, 1, 2, 2, 4, 8)


def session_of(user):
    """Log a person in without a password, and return the key: that cost was paid an hour ago."""
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[-1]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session[SEEN] = time.time()
    session.save()
    return session.session_key


@dataclasses.dataclass(frozen=True)
class Desk:
    """One person at work: who, their session, and what they have before them."""

    user: User
    session: str
    application: int = 0  # its key, of an applicant


def applicants(number):
    """Give each of loadmany's complete drafts to a unit of its own; return their `Desk`s.

    Nothing of them is printed or stamped yet.
    """
    under = list(RecommendingUnit.objects.filter(is_active=True).order_by("pk"))
    drafts = Application.objects.filter(
        stage=Stage.DRAFT, applying_unit__users__email__startswith="submitter@"
    )
    drafts = list(drafts.order_by("pk")[:number])
    people = []
    with transaction.atomic():
        scans = Evidence.objects.filter(application__in=drafts, category=EvidenceCategory.STAMPED)
        scans.delete()
        FormPrint.objects.filter(application__in=drafts).delete()
        for position, (draft, unit) in enumerate(zip(drafts, itertools.cycle(under), strict=False)):
            body = f"91420100MB{position:07d}"
            own = ApplyingUnit.objects.create(
                name=f"虚构截止夜{position}公司",
                uscc=body + uscc.calc_check_digit(body),
                nature=UnitNature.STATE,
                host_kind=HostKind(draft.host_kind),
                recommending_unit=unit,
                address=draft.address,
                contact_name="联系某",
                contact_mobile="13800000000",
            )
            user = User.objects.create(
                email=f"night{position}@{DOMAIN}",
                role=Role.APPLICANT,
                name="压测申报人",
                applying_unit=own,
            )
            Application.objects.filter(pk=draft.pk).update(
                applying_unit=own, recommending_unit=unit, number=None, edited_by=user
            )
            people.append((user, draft))
    return [Desk(user, session_of(user), draft.pk) for user, draft in people]


def clerks(number):
    """Return the `Desk`s of so many recommending units, and of the office."""
    bench = User.objects.filter(email__endswith=f"@{DOMAIN}").order_by("pk")
    units = bench.filter(role=Role.RECOMMENDER)[:number]
    office = bench.filter(role=Role.OFFICE)
    return [Desk(user, session_of(user)) for user in (*units, *office)]


def close_at(moment):
    """Let the round close at this moment; the units report long after it."""
    Round.objects.update(closes_at=moment)


class Scans:
    """Scanned papers that differ in their bytes: a few are drawn, each is marked anew."""

    def __init__(self):
        self.drawn = {size: self._draw(*how) for size, how in DRAWN.items()}
        self.numbers = itertools.count(1)

    def _draw(self, dpi, quality):
        out = io.BytesIO()
        page = Image.effect_noise((round(8.27 * dpi), round(11.69 * dpi)), 60)
        page.save(out, "JPEG", quality=quality, dpi=(dpi, dpi))
        return out.getvalue()

    def jpeg(self, size):
        """Return (name, MIME type, bytes, SHA-256 in hex) of a photograph that nobody else has."""
        number, data = next(self.numbers), self.drawn[size]
        mark = f"{number:024d}".encode()
        # A comment behind the first marker.
        data = data[:2] + b"\xff\xfe" + (len(mark) + 2).to_bytes(2, "big") + mark + data[2:]
        return f"照片{number}.jpg", "image/jpeg", data, hashlib.sha256(data).hexdigest()

    def pdf(self, size):
        """Return the same of a scanned PDF of one page."""
        number, data, out = next(self.numbers), self.drawn[size], io.BytesIO()
        with Image.open(io.BytesIO(data)) as picture, pikepdf.new() as made:
            drawn = pikepdf.Stream(made, data)
            drawn.Type, drawn.Subtype = pikepdf.Name.XObject, pikepdf.Name.Image
            drawn.Width, drawn.Height = picture.size
            drawn.ColorSpace, drawn.BitsPerComponent = pikepdf.Name.DeviceGray, 8
            drawn.Filter = pikepdf.Name.DCTDecode
            page = made.add_blank_page(page_size=(595, 842))
            page.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(Im=drawn))
            page.Contents = pikepdf.Stream(made, b"595 0 0 842 0 0 cm /Im Do")
            made.docinfo["/Title"] = f"scan {number}"
            made.save(out, deterministic_id=True)
        data = out.getvalue()
        return f"扫描件{number}.pdf", "application/pdf", data, hashlib.sha256(data).hexdigest()
