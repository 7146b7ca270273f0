"""Comparing an application with what was read of its files, done once for as long as it holds.

Comparing 30 pages with twelve awards takes a second, and pages are opened again and again. Of so
many applications this process keeps what came of it, until form, files, unit or reading change.
"""

import time
from threading import Lock

from django.db.models import prefetch_related_objects

from applications.recognition.texts import pages_of, texts_of
from applications.versions.snapshot import content_of, fingerprint

PREFETCH = ("evidence", "awards__evidence", "members", "applying_unit")
MOST_KEPT = 32
# While pages are being read, so long what was compared is shown again.
READING_SECONDS = 5

_kept: dict[tuple, dict] = {}
_lock = Lock()


def apply_rules(application, *rules, texts=None):
    """Return what each of `rules`, called with (application, {file: pages}), returns, as a list.

    None for each where nothing was read. The rules are functions of the module level that ask
    nobody who is asking, and what they return is shared: it must not be changed. `texts` are the
    `FileText`s of the current files; asked for when they are not given. A constant number of
    queries, one less for the pages where all is kept.
    """
    prefetch_related_objects([application], "evidence")
    files = [file for file in application.current_evidence() if not file.erased_at]
    if texts is None:
        texts = texts_of(files) if files else []
    if not any(text.pages_done for text in texts):
        return [None] * len(rules)
    prefetch_related_objects([application], *PREFETCH)
    state = _state(application, files, texts)
    with _lock:
        kept = dict(_kept.get(state, ()))
    missing = [rule for rule in rules if rule not in kept]
    if missing:
        pages = pages_of(files)
        is_read = any(pages.values())
        fresh = {rule: rule(application, pages) if is_read else None for rule in missing}
        _keep(state, fresh)
        kept |= fresh
    return [kept[rule] for rule in rules]


def remembered(state, make, seconds):
    """Return what `make()` returned for this state, a tuple, at most so many seconds ago.

    It is shared: do not change it.
    """
    now = time.monotonic()
    with _lock:
        made_at, made = _kept.get(state, {}).get(remembered, (None, None))
    if made_at is None or now - made_at > seconds:
        made = make()
        _keep(state, {remembered: (now, made)})
    return made


def _state(application, files, texts):
    """Return all that a comparison depends on.

    While files are being read every page would change it: then it changes in so many seconds.
    """
    is_reading = not all(text.is_finished for text in texts)
    return (
        application.pk,
        fingerprint(content_of(application)),
        application.applying_unit.uscc,
        # Which is of the form alone.
        tuple((row.pk, row.evidence_id, row.evidence_page) for row in application.awards.all()),
        tuple(_of_file(file) for file in files),
        frozenset((text.pk, text.state, text.moved_at) for text in texts if text.is_finished),
        int(time.monotonic() // READING_SECONDS) if is_reading else None,
    )


def _of_file(file):
    return file.pk, file.sha256, file.category, file.print_id, file.original_name, file.pages


def _keep(state, fresh):
    with _lock:
        while state not in _kept and len(_kept) >= MOST_KEPT:
            del _kept[next(iter(_kept))]
        _kept.setdefault(state, {}).update(fresh)
