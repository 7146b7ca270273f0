"""LibreOffice, where it is installed: what a Word file looks like to somebody else's program."""

import shutil
import subprocess

import pytest

SOFFICE = shutil.which("soffice")


def as_pdf(docx, folder):
    """Return a Word file (bytes) as LibreOffice prints it; skips loudly where there is none."""
    if SOFFICE is None:
        pytest.skip("LibreOffice is not installed: how it draws the Word file was not seen")
    (folder / "made.docx").write_bytes(docx)
    subprocess.run(
        [
            SOFFICE,
            f"-env:UserInstallation={(folder / 'profile').as_uri()}",
            "--headless",
            "--convert-to",
            "pdf",
            "--outdir",
            folder,
            folder / "made.docx",
        ],
        check=True,
        capture_output=True,
        timeout=180,
    )
    return (folder / "made.pdf").read_bytes()
