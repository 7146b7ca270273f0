"""Uploaded files in an S3-compatible bucket, chosen by S3_BUCKET (settings.py)."""

from contextlib import contextmanager

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from storages.backends.s3 import S3Storage

from applications.files.storage import StorageDown

# A bucket that does not answer holds up a request no longer than this, twice.
CONNECT_SECONDS, READ_SECONDS, ATTEMPTS = 5, 30, 2
# What is larger than this goes through a file on disk, not through memory.
IN_MEMORY = 1024 * 1024


@contextmanager
def _like_a_disk():
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise StorageDown(f"the bucket failed: {error}") from error


class Bucket(S3Storage):
    """Private files in a bucket; links to them are signed for minutes (`querystring_expire`).

    Whatever goes wrong with the bucket is an OSError, as with a folder. `public_url` is the
    endpoint as browsers reach it, where that is not `endpoint_url`: links are signed for it.
    """

    def __init__(self, *, public_url=None, addressing_style="auto", **options):
        config = Config(
            s3={"addressing_style": addressing_style},
            signature_version="s3v4",
            connect_timeout=CONNECT_SECONDS,
            read_timeout=READ_SECONDS,
            retries={"total_max_attempts": ATTEMPTS, "mode": "standard"},
            # Stores other than Amazon's refuse the checksums that its library adds by itself.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        )
        options |= {"client_config": config, "max_memory_size": IN_MEMORY}
        super().__init__(**options)
        self.signing = S3Storage(**options | {"endpoint_url": public_url}) if public_url else None

    def url(self, name, *args, **kwargs):
        if self.signing is not None:
            return self.signing.url(name, *args, **kwargs)
        return super().url(name, *args, **kwargs)

    def _open(self, name, mode="rb"):
        with _like_a_disk():
            file = super()._open(name, mode)
            # Fetched now, to a temporary file: a bucket that fails does so here, not half-way.
            file.open()
        return file

    def _save(self, name, content):
        with _like_a_disk():
            return super()._save(name, content)

    def delete(self, name):
        with _like_a_disk():
            super().delete(name)

    def exists(self, name):
        with _like_a_disk():
            return super().exists(name)

    def listdir(self, name):
        with _like_a_disk():
            return super().listdir(name)
