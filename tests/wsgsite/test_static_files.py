"""What production serves: digests in every name, also where one script imports another."""

import json
import re

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.management import call_command
from django.test import override_settings

# As Django's own rewriting reads them: one statement, a relative path, a semicolon.
IMPORT = re.compile(r"""\bimport\b(?:[^;()"]*\bfrom)?\s*\(?\s*"([^"]+)"\)?""")
SCRIPTS = sorted((settings.BASE_DIR / "static/js").glob("*.js"))


@pytest.fixture(scope="module")
def collected(tmp_path_factory):
    """Return the folder of the collected files and {name: name with its digest}."""
    folder = tmp_path_factory.mktemp("static")
    storages = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "wsgsite.static_files.HashedModulesStorage"},
    }
    with override_settings(
        STATIC_ROOT=str(folder),
        STORAGES=storages,
        # Compressing is another matter, and takes ten times as long.
        WHITENOISE_SKIP_COMPRESS_EXTENSIONS=["js", "css", "map", "json", "svg"],
    ):
        call_command("collectstatic", interactive=False, verbosity=0)
    manifest = json.loads((folder / "staticfiles.json").read_text(encoding="utf-8"))
    return folder, manifest["paths"]


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.name)
def test_a_script_imports_what_is_there(script, collected):
    folder, names = collected
    served = (folder / names[f"js/{script.name}"]).read_text(encoding="utf-8")
    written = IMPORT.findall(script.read_text(encoding="utf-8"))
    # Under the very names that templates write: a module under two names would run twice.
    assert [(folder / "js" / path).resolve() for path in IMPORT.findall(served)] == [
        folder / names[name_of(path)] for path in written
    ]
    assert all(finders.find(name_of(path)) for path in written)


def name_of(path):
    return path.removeprefix("../") if path.startswith("../") else f"js/{path.removeprefix('./')}"


def test_nothing_is_served_that_no_page_uses(collected):
    _, names = collected
    vendor = {name for name in names if name.startswith("vendor/")}
    assert vendor == {
        "vendor/bootstrap/css/bootstrap.min.css",
        "vendor/bootstrap/css/bootstrap.min.css.map",
        "vendor/echarts/echarts.esm.min.js",
        "vendor/echarts/package.json",
        "vendor/idb/index.js",
    }
