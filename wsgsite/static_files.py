"""How the static files are stored for production."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class HashedModulesStorage(CompressedManifestStaticFilesStorage):
    """Compressed files with digests in their names, also where a script imports another one."""

    support_js_module_import_aggregation = True
