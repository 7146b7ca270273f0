"""What tests share that need LibreOffice: they are skipped loudly where it is not installed."""

import pytest

from applications.files import libreoffice

needs_libreoffice = pytest.mark.skipif(
    not libreoffice.is_installed(),
    reason="LibreOffice (libreoffice-writer-nogui, libreoffice-calc-nogui) is not installed here",
)
