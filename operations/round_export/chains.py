"""The chains of a round, so that a stranger can compute every digest anew.

What was exported as a chain's content is canonical (`accounts.chains`): written down in the order
and without the blanks of canonical JSON, it is what the digest was made of.
"""

import json
from collections import defaultdict
from itertools import groupby

from accounts.chains import canonical
from accounts.roles import Role
from applications.models import Event, Submission
from applications.stages import Stage
from applications.workflow.events import Audience, kind_of
from operations.trail import ChainExport
from review.application_page.history import is_submitted
from review.panels.models import Draw
from review.permissions import may_see_event

CHUNK = 2000


def _content(record):
    """Return the sealed content of a record as JSON has it."""
    return json.loads(canonical({name: getattr(record, name) for name in record.SEALED}))


def _is_told(event, user, submissions):
    """Whether the reader gets what an event says, and not its place and digest alone.

    Nobody reads points before the panel has concluded: what its experts do may hold some. What a
    unit does to its files is its own until it is submitted (`submissions`, in order).
    """
    is_of_unit = kind_of(event).audience is Audience.UNIT_AND_OFFICE
    if is_of_unit and not is_submitted(event, submissions):
        return False
    if event.role == Role.EXPERT and event.application.stage == Stage.PANEL:
        return False
    return may_see_event(user, event.application, event, event)


def _link(record, is_told=True):
    link = {
        "sequence": record.sequence,
        "previous": record.previous,
        "digest": record.digest,
    }
    return {**link, "content": _content(record)} if is_told else link


def write_chains(folder, scope):
    """Write the heads, then each application's events, the published editions and the draws.

    Returns the heads as a `ChainExport` that is not saved.
    """
    export = ChainExport.of_now(scope.round, scope.user)
    folder.add("chains/heads.json", [export.file])
    left_out = [
        {"key": each["key"], "number": each["number"]}
        for each in export.content["applications"]
        if each["key"] not in scope.numbers
    ]
    _write(folder, "left_out", left_out)
    submissions = defaultdict(list)
    for each in scope.of(Submission).only("application", "submitted_at").order_by("version"):
        submissions[each.application_id].append(each)
    keys = scope.applications.order_by().values("pk")
    events = (
        Event.objects.filter(application__in=keys)
        .order_by("application_id", "sequence")
        .select_related("application")
        .only(*Event.SEALED, "digest", "application__number", "application__stage")
    )
    with folder.entry("chains/events.jsonl") as out:
        stream = events.iterator(chunk_size=CHUNK)
        for key, of_one in groupby(stream, lambda event: event.application_id):
            of_one = list(of_one)
            chain = {
                "key": key,
                "number": of_one[0].application.number,
                "events": [
                    _link(event, _is_told(event, scope.user, submissions[key])) for event in of_one
                ],
            }
            out.write(json.dumps(chain, ensure_ascii=False).encode() + b"\n")
    _write(folder, "editions", [_link(each) for each in scope.round.result_editions.all()])
    draws = Draw.objects.filter(round=scope.round).select_related("panel").order_by("pk")
    _write(
        folder,
        "draws",
        [
            {"panel": each.panel.name, "content": each.content(), "fingerprint": each.fingerprint}
            for each in draws
        ],
    )
    return export


def _write(folder, name, made):
    text = json.dumps(made, ensure_ascii=False, indent=1)
    folder.add(f"chains/{name}.json", [text.encode()])
