"""Which static files are served: of each package only what the pages use."""

from django.contrib.staticfiles import apps


class StaticFilesConfig(apps.StaticFilesConfig):
    """Leaves out the packages' other variants: compressing them takes a minute for nobody."""

    ignore_patterns = [
        *apps.StaticFilesConfig.ignore_patterns,
        "bootstrap-*",
        "bootstrap.css*",
        "*.rtl.*",
        "bootstrap.js*",
        "bootstrap.min.js*",
        "bootstrap.esm.*",
        "bootstrap.bundle.*",
        "echarts.common.*",
        "echarts.esm.js*",
        "echarts.js*",
        "echarts.min.js",
        "echarts.simple.*",
        "extension",
        "*.mjs*",
        # of idb: its index.js alone
        "*.cjs",
        "*.d.ts",
        "async-iterators.*",
        "umd*.js",
    ]
