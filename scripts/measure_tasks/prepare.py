"""Makes the database of the build in this folder, and says what there is to do, as JSON.

Usage, in the portal's environment and in the build's folder:
    python prepare.py make verify     makes it for these tasks
    python prepare.py stages 1 2 3    prints the stages of these applications
"""

import datetime
import json
import os
import sys

ACHIEVEMENT = (
    "从事焊接工作二十六年，长期在生产一线担任技术带头人，先后主持完成压力容器厚壁筒体窄间隙焊接、"
    "异种钢接头焊接、薄板高速焊接变形控制等技术攻关，解决生产难题四十余项，形成企业工法十二项，"
    "获发明专利两项、实用新型专利六项，累计节约成本六百余万元。坚持带徒传技，所带徒弟中十二人取得"
    "高级技师职业资格，五人次在省级以上职业技能竞赛中获奖。"
)
AWARDS = (
    ("PROVINCIAL", "高效焊接工法", "湖北省技术能手", "湖北省人力资源和社会保障厅", 2018),
    ("PROVINCIAL", "窄间隙焊接装置", "湖北省职工技术创新成果奖", "湖北省总工会", 2020),
    ("OTHER", "薄板焊接变形控制", "武汉市职工技术创新成果奖", "武汉市总工会", 2021),
)
# Whose account walks each task, by its name in `factories.make_people`.
WHO = {
    "verify": "recommender",
    "qualify": "office",
    "score": "expert",
    "approve": "bureau",
    "correct": "applicant",
    "apply": "applicant",
}
REMARKS = (
    ("lead", "lead_post", "请写明到班组。"),
    ("studio", "studio_facilities", "请写明主要设备的台数。"),
    ("evidence", "OTHER", "请补充带徒协议。"),
)


def make(tasks):
    from django.conf import settings
    from django.core.management import call_command
    from django.test import Client
    from django.urls import reverse
    from django.utils import timezone

    from applications.models import Award
    from applications.rounds import EvidenceCategory
    from applications.stages import Stage
    from demo.ways import way_to
    from review.panels.models import PanelAssignment
    from tests import factories

    # Nobody logs in by password here, and the real hasher takes half a second each.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    round_ = factories.make_round()

    def draft(people):
        """A draft as units hand them in: ten files, three awards, some text."""
        application = factories.make_draft(
            round_,
            people.applicant,
            achievements=f"{ACHIEVEMENT}\n{ACHIEVEMENT}",
            studio_status=ACHIEVEMENT,
            report_lead=ACHIEVEMENT,
            report_plan=ACHIEVEMENT,
            talent_status=ACHIEVEMENT,
        )
        more = factories.add_checked(
            application,
            people.applicant,
            EvidenceCategory.HONOUR,
            EvidenceCategory.ACHIEVEMENT,
            EvidenceCategory.OTHER,
        )
        for number, row in enumerate(more, start=2):
            row.original_name = f"{row.get_category_display()}{number}.pdf"
            row.save(update_fields=["original_name"])
        application.awards.all().delete()
        proofs = list(application.evidence.filter(category=EvidenceCategory.HONOUR))
        for number, (level, project, name, authority, year) in enumerate(AWARDS):
            Award.objects.create(
                application=application,
                level=level,
                project=project,
                name=name,
                authority=authority,
                grade="一等奖",
                ranking="1",
                part="主持",
                year=year,
                evidence=proofs[number % len(proofs)],
            )
        return application

    def walked(stage, people):
        application = draft(people)
        for step in way_to(stage):
            application = factories.pass_on(application, step, people)
        return application

    people = {
        task: factories.make_people(round_, experts=3 if task == "score" else 1) for task in tasks
    }
    begun = {}

    def put(task, application, **told):
        begun[task] = {"applications": [application.pk], **told}

    def files_of(application):
        return [
            {"pk": row.pk, "name": row.original_name, "category": row.category}
            for row in application.current_evidence()
            if row.category != EvidenceCategory.STAMPED
        ]

    if "verify" in tasks:
        today = timezone.localdate()
        days = [f"{today - datetime.timedelta(8)}", f"{today - datetime.timedelta(1)}"]
        verified = walked(Stage.RECOMMENDING, people["verify"])
        put("verify", verified, day=f"{today}", publicity=days)
    if "qualify" in tasks:
        qualified = walked(Stage.QUALIFYING, people["qualify"])
        PanelAssignment.objects.create(application=qualified, panel=people["qualify"].panel)
        put("qualify", qualified, files=files_of(qualified))
    if "score" in tasks:
        scored = walked(Stage.PANEL, people["score"])
        put(
            "score",
            scored,
            desk=reverse("review:panel_desk", args=[people["score"].panel.pk]),
            title=scored.studio_title,
            files=files_of(scored),
            criteria=[[each.name, str(each.points - 1)] for each in round_.criteria.all()],
        )
    if "correct" in tasks:
        returned = walked(Stage.RECOMMENDING, people["correct"])
        remarks = [
            {"section": section, "field": field, "text": text} for section, field, text in REMARKS
        ]
        returned = factories.take(returned, "return", people["correct"], remarks=remarks)
        put("correct", returned, title=returned.studio_title, lead_post=returned.lead_post)
    if "approve" in tasks:
        approved = []
        for _ in range(10):
            people["approve"] = factories.make_people(round_)
            approved.append(walked(Stage.APPROVING, people["approve"]).pk)
        begun["approve"] = {"applications": approved}
    if "apply" in tasks:
        application, typed = begin(round_, people["apply"])
        put("apply", application, **typed)

    cookies = {}
    for task in tasks:
        client = Client()
        client.force_login(getattr(people[task], WHO[task]))
        session = client.session
        # Never idle, and authenticated this moment, so that no walk is asked for a password.
        session["seen"] = 2**40
        session["account_authentication_methods"] = [{"method": "measured", "at": 2**40}]
        session["account_authentication_methods_user"] = client.session["_auth_user_id"]
        session.save()
        cookies[task] = client.cookies[settings.SESSION_COOKIE_NAME].value
    return {"cookie": settings.SESSION_COOKIE_NAME, "cookies": cookies, **begun}


def begin(round_, people):
    """Return (an empty form of the unit whose papers the scans are, what is typed into it)."""
    from applications.form.drafts import start
    from tests import factories

    told = json.loads(os.environ["MEASURED_APPLICATION"])
    unit = people.applicant.applying_unit
    for name, value in told["unit"].items():
        setattr(unit, name, value)
    unit.save()
    fields = factories.complete_fields(unit, **told["fields"])
    return start(round_, people.applicant), {
        "fields": {name: str(value) for name, value in fields.items() if value},
        "awards": told["awards"],
        "members": [
            {"name": "任成员", "occupation": "磨工", "skill_level": "4"},
            {"name": "米成员", "occupation": "钳工", "skill_level": "3"},
        ],
    }


def stages(keys):
    from applications.models import Application

    return dict(Application.objects.filter(pk__in=keys).values_list("pk", "stage"))


if __name__ == "__main__":
    sys.path.insert(0, os.getcwd())
    import django

    django.setup()
    asked = sys.argv[2:]
    json.dump(stages(asked) if sys.argv[1] == "stages" else make(asked), sys.stdout)
