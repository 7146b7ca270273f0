"""The chains of a round, so that a stranger can compute every digest anew.

What was exported as a chain's content is canonical (`accounts.chains`): written down in the order
and without the blanks of canonical JSON, it is what the digest was made of.
"""

import json
from itertools import groupby

from accounts.chains import canonical
from accounts.roles import Role
from applications.models import Event
from applications.stages import Stage
from operations import chain_heads
from operations.trail import ChainExport
from review.panels.models import Draw
from review.permissions import may_see_event

CHUNK = 2000


def _content(record):
    """Return the sealed content of a record as JSON has it."""
    return json.loads(canonical({name: getattr(record, name) for name in record.SEALED}))


def _is_told(event, user):
    """Whether the reader gets what an event says, and not its place and digest alone.

    Nobody reads points before the panel has concluded: what its experts do may hold some.
    """
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

    The heads come first: what happens meanwhile is added behind them. They are kept here as every
    other export of them is.
    """
    export = ChainExport.make(scope.round, scope.user)
    folder.add("chains/heads.json", [export.file])
    folder.add(f"documents/{chain_heads.TITLE}.pdf", [chain_heads.render(export)])
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
                "events": [_link(event, _is_told(event, scope.user)) for event in of_one],
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
