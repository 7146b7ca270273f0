"""What a page says of the room for files: how much is used, and how a file beyond it is refused."""

from django.template.defaultfilters import filesizeformat

from applications.files import archives
from applications.files import evidence as evidence_files
from applications.files.file_kinds import WORD, ZIP, begins_of
from applications.recognition.reader import is_on
from applications.recognition.texts import progress_of


def upload_context(application, category):
    """Return what a page that takes files needs: limits, their sentences, what is used.

    `category` is one of those that share a room: any proof, or the stamped form.
    """
    most = evidence_files.room(application.round, category)
    kinds, _, accept = evidence_files.taken_as(category)
    is_opened = archives.opens(category)
    return {
        "limits": evidence_files,
        "most": most,
        "accept": f"{accept},.zip" if is_opened else accept,
        "taken_begins": begins_of((*kinds, ZIP) if is_opened else kinds),
        "opens_archives": is_opened,
        "takes_documents": WORD in kinds,
        "sentences": evidence_files.room_sentences(most, category),
        "reading": progress_of(application.current_evidence()) if is_on() else None,
        **usage(application, category),
    }


def usage(application, category):
    """Return what the files of a category and their like take: bytes, number, and in words."""
    most = evidence_files.room(application.round, category)
    taken = evidence_files.taken(application, category)
    text = (
        f"已用 {taken.files} / {most.files} 份，{taken.pages} / {most.pages} 页，"
        f"{filesizeformat(taken.size)} / {filesizeformat(most.size)}"
    )
    return {"used": taken.size, "used_files": taken.files, "usage": text}
