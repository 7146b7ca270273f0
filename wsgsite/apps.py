"""Which static files are served: of Bootstrap only the one that the pages use."""

from django.contrib.staticfiles import apps


class StaticFilesConfig(apps.StaticFilesConfig):
    """Leaves out Bootstrap's other variants: compressing them takes a minute and serves nobody."""

    ignore_patterns = [
        *apps.StaticFilesConfig.ignore_patterns,
        "bootstrap-*",
        "bootstrap.css*",
        "*.rtl.*",
        "bootstrap.js*",
        "bootstrap.min.js*",
        "bootstrap.esm.*",
        "bootstrap.bundle.*",
    ]
