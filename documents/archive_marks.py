"""What a PDF lacks for the archive (PDF/A-3a, ISO 19005-3) when WeasyPrint has laid it out.

`mend` goes over the document, a `pydyf.PDF`, before it is written. It knows neither settings nor
database: `form_program.py` imports it.
"""

import pydyf

# Accessible: with tags, and every character known. The mark of PDF/UA cannot stand beside it.
VARIANT = "pdf/a-3a"
# What a stream stands between.
BEFORE, AFTER = b"\nstream\n", b"\nendstream"


def mend(pdf):
    """Mend a document: see each step."""
    _leave_out_of_the_text(pdf)
    _relate_heads_to_cells(pdf)
    # Each attachment was named twice.
    if "AF" in pdf.catalog:
        pdf.catalog["AF"] = pydyf.Array(dict.fromkeys(pdf.catalog["AF"]))
    for each in pdf.objects:
        # Forbidden, and WeasyPrint's usual: pictures are to be smoothed.
        if isinstance(each, pydyf.Stream) and each.extra.get("Interpolate") == "true":
            each.extra["Interpolate"] = "false"


def pack(pdf):
    """Pack the streams of a document that is about to be written, once and for all.

    Its identifier is a digest of all that it holds, for which every stream is packed again: a
    tenth of the time that a form takes.
    """
    for each in pdf.objects:
        if isinstance(each, pydyf.Stream) and each.compress:
            written = each.data  # a dictionary, and between two words what is packed
            start = written.index(BEFORE) + len(BEFORE)
            each.stream = [written[start : -len(AFTER)]]
            each.extra["Filter"] = "/FlateDecode"
            each.compress = False


def _elements(pdf):
    """Return the elements of the structure by their references."""
    return {
        each.reference: each
        for each in pdf.objects
        if isinstance(each, pydyf.Dictionary) and each.get("Type") == "/StructElem"
    }


def _leave_out_of_the_text(pdf):
    """Mark what stands in the margins as no part of the text.

    WeasyPrint gives it elements that hang on nothing.
    """
    elements = _elements(pdf)
    root = pdf.objects[_number(pdf.catalog["StructTreeRoot"])]
    reached, waiting = set(), list(root["K"])
    while waiting:
        reference = waiting.pop()
        if reference in elements and reference not in reached:
            reached.add(reference)
            waiting += elements[reference]["K"]
    places = pdf.objects[_number(root["ParentTree"])]["Nums"]
    pages = dict(
        zip(pdf.page_references, places[1 : 2 * len(pdf.page_references) : 2], strict=True)
    )
    for reference in elements.keys() - reached:
        page, marks = elements[reference]["Pg"], elements[reference]["K"]
        for mark in marks:
            if isinstance(mark, int):
                pages[page][mark] = "null"
                drawing = pdf.objects[_number(pdf.objects[_number(page)]["Contents"])]
                _make_artifact(drawing.stream, mark)
        elements[reference].clear()


def _number(reference):
    return int(reference.split()[0])


def _make_artifact(commands, mark):
    for index, command in enumerate(commands):
        if isinstance(command, pydyf.Dictionary) and command.get("MCID") == mark:
            commands[index - 1 : index + 2] = ["/Artifact", b"BMC"]
            return


def _relate_heads_to_cells(pdf):
    """Say of each head whether it is of a row or of a column, and to each cell which is its row's.

    A row of a form has a head before each of its cells: the nearest is the cell's.
    """
    elements = _elements(pdf)
    for row in elements.values():
        if row["S"] != "/TR":
            continue
        cells = [elements[each] for each in row["K"] if each in elements]
        heads = [cell for cell in cells if cell["S"] == "/TH"]
        is_of_row = len(heads) < len(cells)
        of_this_row = {head["ID"].data for head in heads if "ID" in head} if is_of_row else set()
        nearest = None
        for cell in cells:
            if cell["S"] == "/TH":
                cell["A"]["Scope"] = "/Row" if is_of_row else "/Column"
                nearest = cell.get("ID")
            elif "Headers" in cell["A"]:
                kept = [head for head in cell["A"]["Headers"] if head.data not in of_this_row]
                own = [nearest] if nearest is not None and is_of_row else []
                cell["A"]["Headers"] = pydyf.Array([*own, *kept])
