"""A made-up application as rows of the database, and what was read of it as `Page` values."""

from django.core.files.base import ContentFile

from accounts.models import HostKind
from accounts.roles import Role
from applications.files import evidence as evidence_files
from applications.files.virus_state import first_state
from applications.models import Application, Award, Evidence
from applications.national_codes import Sex
from tests import factories as make


def save_application(made, round_=None, *, with_files=False):
    """Save a `MadeApplication`; return (application, its `Evidence` and its `Award`s, in order).

    Its files are drawn and stored only `with_files`: comparing what was read opens none.
    """
    unit = make.make_applying_unit(
        name=made.unit.name,
        uscc=made.unit.code,
        host_kind=HostKind.SCHOOL if made.unit.is_school else HostKind.ENTERPRISE,
    )
    applicant = make.make_user(Role.APPLICANT, applying_unit=unit)
    fields = make.complete_fields(
        unit,
        principal=made.unit.principal,
        lead_name=made.lead.name,
        lead_sex=Sex.MALE if made.lead.is_male else Sex.FEMALE,
        lead_birth=f"{made.lead.birth[:4]}-{made.lead.birth[4:6]}",
        lead_id_number=made.lead.id_number,
        lead_occupation=made.occupation,
        lead_skill_level=made.level,
        studio_occupation=made.occupation,
        studio_founding_document=made.founding_document,
    )
    application = Application.objects.create(
        round=round_ or make.make_round(),
        applying_unit=unit,
        recommending_unit=unit.recommending_unit,
        host_kind=unit.host_kind,
        edited_by=applicant,
        **fields,
    )
    files = [_save_file(application, file, applicant, with_files) for file in made.files]
    awards = [
        Award.objects.create(
            application=application,
            level=award.claim.level,
            position=position,
            project=award.claim.project,
            name=award.claim.name,
            authority=award.claim.authority,
            grade=award.claim.grade,
            year=award.claim.year,
            evidence=None if award.file is None else files[award.file],
            evidence_page=None if award.file is None else award.page + 1,
        )
        for position, award in enumerate(made.awards)
    ]
    return application, files, awards


def _save_file(application, file, applicant, with_files):
    row = Evidence(
        application=application,
        category=file.category,
        original_name=file.name,
        content_type=file.media_type,
        size=len(file.content) if with_files else 1,
        sha256=file.sha256 if with_files else file.digest_of_names,
        pages=len(file.pages),
        scan=first_state(),
        uploaded_by=applicant,
    )
    if with_files:
        evidence_files.keep(row.file, file.name, ContentFile(file.content))
    row.save()
    return row
