"""XML of an uploaded file: no entities, nothing from elsewhere, libxml2's own bounds.

For the programs that open uploads (`program_bounds.py`).
"""

from lxml import etree


def parsed(data, *, recover=False):
    """Return the root element of XML (bytes), without comments and processing instructions.

    With `recover` what is spoiled is left out, and the root may be None. Raises XMLSyntaxError and
    ValueError as lxml does. A document type is the caller's to refuse.
    """
    parser = etree.XMLParser(
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=False,
        recover=recover,
        remove_comments=True,
        remove_pis=True,
    )
    return etree.fromstring(data, parser)
