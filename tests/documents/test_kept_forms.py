"""附件2 is printed once for the same content and the same readers, and kept for no others."""

import pytest
from django.core.files.base import ContentFile
from django.urls import reverse

from applications.models import Application
from applications.permissions import Privacy
from documents import annex2, kept_forms
from documents.models import KeptForm
from operations.backups import TRANSIENT
from review.rounds import retention
from tests import factories as make
from tests.documents.archival import record_of
from tests.documents.test_receipt import text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def people():
    return make.make_people(make.make_round())


@pytest.fixture
def application(people):
    return make.take(make.make_draft(people.panel.round, people.applicant), "submit", people)


def find(application):
    return annex2.prepared(Application.objects.all()).get(pk=application.pk)


def printed(application, privacy=Privacy.FULL, shown=annex2.ALL_BOXES):
    """Print the form; return its bytes, and the name of the file where they are kept."""
    made = kept_forms.form(find(application), privacy, shown)
    return made, KeptForm.objects.filter(application=application).last().file.name


def test_what_has_not_changed_is_read_and_not_printed_again(application, django_assert_num_queries):
    first, name = printed(application)
    found = find(application)
    with django_assert_num_queries(4):  # version, print, opinions, and the kept form
        assert kept_forms.form(found, Privacy.FULL) == first
    assert KeptForm.objects.get().file.name == name


def test_it_is_the_form_that_is_printed_otherwise(application):
    made, _ = printed(application)
    again = annex2.render(find(application), Privacy.FULL)
    assert text_of(made) == text_of(again)
    assert record_of(made) == record_of(again)


def test_a_draft_that_was_typed_into_is_printed_again_and_the_old_file_is_gone(people):
    draft = make.make_draft(people.panel.round, people.applicant)
    _, before = printed(draft)
    Application.objects.filter(pk=draft.pk).update(address="另一地址")
    _, after = printed(draft)
    assert after != before
    storage = KeptForm.objects.get().file.storage
    assert not storage.exists(before)
    assert storage.exists(after)


def test_a_new_opinion_is_printed(application, people):
    _, before = printed(application)
    make.take(application, "recommend", people)
    assert printed(application)[1] != before


def test_readers_of_other_numbers_or_opinions_have_files_of_their_own(application):
    names = {
        printed(application, privacy, shown)[1]
        for privacy in Privacy
        for shown in (annex2.ALL_BOXES, frozenset({"unit", "recommending"}))
    }
    assert len(names) == KeptForm.objects.count() == 2 * len(Privacy)


def test_who_sees_more_from_now_on_gets_more(application):
    """The kept file is chosen by what this reader may see now, at every request."""
    masked, _ = printed(application, Privacy.MASKED)
    full, _ = printed(application, Privacy.FULL)
    assert printed(application, Privacy.MASKED)[0] == masked != full


def test_nobody_gets_a_kept_form_of_an_application_that_is_not_theirs(client, application):
    printed(application)
    client.force_login(make.make_people(make.make_round()).applicant)
    assert client.get(reverse("documents:annex2", args=[application.pk])).status_code == 404


def test_another_address_in_the_codes_is_another_form(application, settings):
    _, before = printed(application)
    settings.SITE_URL = "https://elsewhere.invalid"
    assert printed(application)[1] != before


def test_the_key_does_not_give_the_numbers_away(application, settings):
    """With a plain digest somebody with the rest of the form could try the digits one by one."""
    printed(application)
    key = KeptForm.objects.get().key
    settings.SECRET_KEY = "another"
    printed(application)
    assert KeptForm.objects.get().key != key


def test_a_kept_file_that_is_lost_is_made_again(application):
    made, name = printed(application)
    KeptForm.objects.get().file.storage.delete(name)
    again, other = printed(application)
    assert len(again) == len(made)
    assert other != name


def test_it_lies_encrypted_in_the_storage_as_numbers_do_in_the_database(application):
    made, _ = printed(application)
    with KeptForm.objects.get().file.open("rb") as stored:
        kept = stored.read()
    assert made.startswith(b"%PDF")
    assert kept.startswith(b"sm4:")


def test_what_its_key_no_longer_opens_is_printed_again(application):
    _, name = printed(application)
    KeptForm.objects.get().file.save("other", ContentFile(b"sm4:9:" + b"A" * 80))
    again, other = printed(application)
    assert again.startswith(b"%PDF")
    assert other != name


def test_a_storage_that_keeps_nothing_does_not_hold_up_a_print(application, settings, tmp_path):
    full = tmp_path / "full"
    full.write_text("a file, where a folder should be")
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": full},
        },
    }
    assert kept_forms.form(find(application), Privacy.FULL).startswith(b"%PDF")
    assert not KeptForm.objects.exists()


def test_only_the_latest_forms_are_kept(application, people, monkeypatch):
    monkeypatch.setattr(kept_forms, "LIMIT", 2)
    drafts = [make.make_draft(people.panel.round, people.applicant) for _ in range(2)]
    _, first = printed(application)
    for draft in drafts:
        printed(draft)
    assert set(KeptForm.objects.values_list("application", flat=True)) == {d.pk for d in drafts}
    assert not KeptForm.objects.first().file.storage.exists(first)


def test_a_print_for_the_stamp_is_made_once(client, people):
    draft = make.make_draft(people.panel.round, people.applicant)
    make.stamp(draft, people.applicant)
    paper = draft.prints.last()
    client.force_login(people.applicant)
    url = reverse("documents:print", args=[paper.pk])
    first = b"".join(client.get(url).streaming_content)
    kept = KeptForm.objects.get()
    assert b"".join(client.get(url).streaming_content) == first
    assert KeptForm.objects.get() == kept


def test_kept_forms_are_erased_with_the_personal_data(application):
    _, name = printed(application)
    storage = KeptForm.objects.get().file.storage
    retention._erase_application(Application.objects.get(pk=application.pk))
    assert not KeptForm.objects.exists()
    assert not storage.exists(name)


def test_what_was_printed_while_it_was_erased_is_not_kept(application):
    stale = find(application)
    retention._erase_application(Application.objects.get(pk=application.pk))
    kept_forms.form(stale, Privacy.FULL)
    assert not KeptForm.objects.exists()


def test_a_backup_does_not_miss_them():
    assert KeptForm in TRANSIENT
