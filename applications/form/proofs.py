"""Files that come with the rows of awards which they prove, on a page posted without scripts."""

import re

from django.core.exceptions import ValidationError

from accounts.numbers import whole_number
from applications.files.evidence import add_proof, clean_name
from applications.form.completeness import page_problem

FIELD = re.compile(r"([a-z]+)-([0-9]{1,4})-proof_file")


def take_proofs(application, data, files, user):
    """Store the files of the posted rows, and let `data` name each as the proof of its row.

    `data` is a changeable copy of what was posted. Returns a sentence for each file that is
    refused, by the name of its field.
    """
    refused = {}
    for name, file in files.items():
        match = FIELD.fullmatch(name)
        if not match or data.get(f"{match[1]}-{match[2]}-delete"):
            continue
        if int(match[2]) >= (whole_number(data.get(f"{match[1]}-count", "")) or 0):
            continue  # no such row on the page
        try:
            proof = add_proof(application, file, user)
        except ValidationError as error:
            refused[name] = f"{clean_name(file.name)}：{error.messages[0]}"
        else:
            row = f"{match[1]}-{match[2]}"
            data[f"{row}-evidence_id"] = str(proof.pk)
            if page_problem(whole_number(data.get(f"{row}-evidence_page", "")), proof):
                data[f"{row}-evidence_page"] = ""
    return refused
