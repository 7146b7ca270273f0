"""Backups: the database and every stored file that it names, with a manifest of digests.

A backup is one folder: `database.sqlite3` or `database.dump`, `files/` and `manifest.json`, whose
own digest stands in `manifest.json.sha256`. The database is copied first, as it is at one moment;
then every file that a row of this copy names. A file is stored before its row and never changed,
so whatever the copy names is there, except what was deleted in the meantime: `missing` lists it.
The keys (SECRET_KEY, ENCRYPTION_KEY) are not in a backup.
"""

import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
from contextlib import closing, contextmanager
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.core.files.base import File
from django.core.files.storage import default_storage
from django.db import connection, models, transaction
from django.db.migrations.loader import MigrationLoader
from django.utils import timezone
from django.utils._os import safe_join

from accounts.audit import AuditEntry, log_entry
from applications.models import Archive
from documents.models import ExportRecord, KeptForm, MarkedCopy, Package

EDITION = 1
MANIFEST, SEAL, FILES = "manifest.json", "manifest.json.sha256", "files"
PREFIX, UNFINISHED = "portal-", ".unfinished"
# By Django's name of the database: what its copy is called.
DUMPS = {"sqlite": "database.sqlite3", "postgresql": "database.dump"}
MEGABYTE = 1024 * 1024
# Made of what else is stored, and made again, or kept for an hour: one that vanishes during a
# backup is no loss.
TRANSIENT = {Archive, Package, ExportRecord, MarkedCopy, KeptForm}
# Of these, what is kept for an hour or a day: a backup would keep it for months.
PASSING = {Archive, ExportRecord}
ROWS_AT_ONCE = 1000


class BackupError(Exception):
    """A backup that cannot be made, trusted or restored; the text says why and what to do."""


# --- Digests ---------------------------------------------------------------------------------


def digest_of(path):
    """Return the SHA-256 of a file on disk, in hex."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(MEGABYTE):
            digest.update(chunk)
    return digest.hexdigest()


def _plain(value):
    return bytes(value).hex() if isinstance(value, bytes | memoryview) else str(value)


def tables_of(cursor):
    """Return {table: {rows, sha256}} of everything that the transaction of `cursor` sees.

    `cursor` makes a cursor. The digest is of the rows in any order: no two servers sort alike.
    """
    found = {}
    for table in sorted(connection.introspection.table_names(cursor())):
        reader = cursor()
        reader.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")  # noqa: S608 # nosec B608 - names of our own tables
        rows = total = 0
        while batch := reader.fetchmany(ROWS_AT_ONCE):
            for row in batch:
                line = json.dumps(row, ensure_ascii=False, default=_plain).encode()
                total += int.from_bytes(hashlib.sha256(line).digest(), "big")
            rows += len(batch)
        reader.close()
        found[table] = {"rows": rows, "sha256": f"{total % 2**256:064x}"}
    return found


def named_files(cursor, without=()):
    """Return every stored file that a row names, as a connection of sqlite3; close it.

    Its table `named` has the name, the SHA-256 by its row ("" for none), whether the file may
    vanish, and whether somebody has found it stored (0). It stands on disk, as there may be a
    million. `cursor` makes a cursor; the files of the models `without` are not in it.
    """
    quote = connection.ops.quote_name
    named = sqlite3.connect("")
    named.execute(
        "CREATE TABLE named (name TEXT PRIMARY KEY, sha256 TEXT, is_transient INTEGER,"
        " is_stored INTEGER DEFAULT 0) WITHOUT ROWID"
    )
    for model in filter(lambda model: model not in without, apps.get_models()):
        columns = [each.column for each in model._meta.local_fields]
        for field in model._meta.local_fields:
            if not isinstance(field, models.FileField):
                continue
            # A row's digest is of its `file`, not of the thumbnail beside it.
            digest = quote("sha256") if field.name == "file" and "sha256" in columns else "''"
            column, table = quote(field.column), quote(model._meta.db_table)
            reader = cursor()
            # What retention erased keeps its row, and the name in it, without the file.
            present = " AND erased_at IS NULL" if "erased_at" in columns else ""
            reader.execute(f"SELECT {column}, {digest} FROM {table} WHERE {column} <> ''{present}")  # noqa: S608 # nosec B608 - names of our own tables
            while batch := reader.fetchmany(ROWS_AT_ONCE):
                named.executemany(
                    "INSERT OR REPLACE INTO named (name, sha256, is_transient) VALUES (?, ?, ?)",
                    [(*row, model in TRANSIENT) for row in batch],
                )
            reader.close()
    return named


@contextmanager
def _sqlite(path):
    """Yield what makes cursors that read a database file just as it is, beside Django's own."""
    with closing(sqlite3.connect(path)) as opened:
        yield opened.cursor


@contextmanager
def _postgres_moment():
    """Yield what makes cursors that all see the same moment and hold few rows in memory."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        yield connection.chunked_cursor


# --- Making one ------------------------------------------------------------------------------


def _fill(work, now):
    """Put everything into the folder of a backup; return its manifest."""
    copy = _copy_sqlite if connection.vendor == "sqlite" else _dump_postgres
    database = work / DUMPS[connection.vendor]
    tables, named, migrations = copy(database)
    with closing(named):
        files, missing, damaged = _copy_files(named, work / FILES)
    manifest = {
        "edition": EDITION,
        "made_at": now.isoformat(),
        "version": _version(),
        "database": {
            "vendor": connection.vendor,
            "name": database.name,
            "size": database.stat().st_size,
            "sha256": digest_of(database),
            "migrations": migrations,
            "tables": tables,
        },
        "files": files,
        "missing": missing,
        "damaged": damaged,
    }
    with (work / MANIFEST).open("w", encoding="utf-8") as file:
        json.dump(manifest, file, ensure_ascii=False, indent=1, sort_keys=True)
    (work / SEAL).write_text(f"{digest_of(work / MANIFEST)}  {MANIFEST}\n", encoding="utf-8")
    _sync(work)
    return manifest


def back_up(target):
    """Make a backup inside the folder `target`; return (its path, its manifest).

    Until it is complete its name ends with `.unfinished`. Raises BackupError.
    """
    now = timezone.localtime()
    folder = Path(target).resolve() / f"{PREFIX}{now:%Y%m%d-%H%M%S}"
    work = folder.with_name(folder.name + UNFINISHED)
    try:
        work.mkdir(mode=0o700, parents=True)
    except OSError as error:
        raise BackupError(f"无法建立文件夹 {work}（{error}），请检查磁盘和写权限。") from error
    log_entry(AuditEntry.Kind.EXPORT, subject=f"备份 {folder.name}")
    try:
        manifest = _fill(work, now)
    except BaseException:
        shutil.rmtree(work, ignore_errors=True)
        raise
    work.rename(folder)
    return folder, manifest


def _version():
    for line in (settings.BASE_DIR / "pyproject.toml").read_text(encoding="utf-8").splitlines():
        if line.startswith("version = "):
            return line.split('"')[1]
    return ""


def _read(cursor):
    """Return what the manifest says of the database that the cursors read."""
    reader = cursor()
    reader.execute("SELECT app, name FROM django_migrations")
    migrations = sorted(f"{app}.{name}" for app, name in reader.fetchall())
    return tables_of(cursor), named_files(cursor, PASSING), migrations


def _copy_sqlite(path):
    source = connection.settings_dict["NAME"]
    # A connection of its own: the copy is of one moment, and nobody waits for it.
    with closing(sqlite3.connect(source)) as live, closing(sqlite3.connect(path)) as copy:
        live.backup(copy)
        copy.execute("PRAGMA journal_mode=DELETE")  # one file alone
    with _sqlite(path) as cursor:
        return _read(cursor)


def _dump_postgres(path):
    with _postgres_moment() as cursor:
        reader = cursor()
        reader.execute("SELECT pg_export_snapshot()")
        (snapshot,) = reader.fetchone()
        # The dump and what is read here see the same moment.
        _postgres("pg_dump", "--format=custom", f"--snapshot={snapshot}", f"--file={path}")
        return _read(cursor)


def _postgres(program, *arguments):
    """Run one of PostgreSQL's client programs against the portal's database."""
    database = connection.settings_dict
    told = {
        "PGHOST": database["HOST"],
        "PGPORT": database["PORT"],
        "PGUSER": database["USER"],
        "PGPASSWORD": database["PASSWORD"],
        "PGDATABASE": database["NAME"],
        # DATABASE_URL may end with ?sslmode=verify-full&sslrootcert=...
        **{
            f"PG{name.upper()}": value
            for name, value in database["OPTIONS"].items()
            if name.startswith("ssl")
        },
    }
    environment = {**os.environ, **{name: str(value) for name, value in told.items() if value}}
    command = [program, "--no-owner", "--no-privileges", "--no-password", *arguments]
    try:
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        raise BackupError(
            f"未找到 {program}，请安装不低于服务器版本的 PostgreSQL 客户端程序"
            "（Debian：apt-get install postgresql-client）。"
        ) from error
    if done.returncode:
        raise BackupError(f"{program} 执行失败，请按以下提示处理后重试：{done.stderr.strip()}")


def _copy_files(named, folder):
    """Copy what `named_files` names; return (digests by name, missing, other than its row says)."""
    files, missing, damaged = {}, [], []
    rows = named.execute("SELECT name, sha256, is_transient FROM named ORDER BY name")
    for name, expected, is_transient in rows:
        path = Path(safe_join(folder, name))
        path.parent.mkdir(parents=True, exist_ok=True)
        digest, size = hashlib.sha256(), 0
        try:
            with default_storage.open(name, "rb") as stored, path.open("wb") as copy:
                for chunk in stored.chunks(MEGABYTE):
                    digest.update(chunk)
                    copy.write(chunk)
                    size += len(chunk)
        except FileNotFoundError:
            missing.append({"name": name, "is_transient": bool(is_transient)})
            continue
        files[name] = {"size": size, "sha256": digest.hexdigest()}
        if expected and expected != digest.hexdigest():
            damaged.append(name)
    return files, missing, damaged


def _sync(folder):
    """Have everything on the disk before the backup is called complete."""
    for path in folder.rglob("*"):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def lost_files(manifest):
    """Return the names of files that a backup should hold and the storage did not give."""
    return [each["name"] for each in manifest["missing"] if not each["is_transient"]]


def prune(target, keep):
    """Remove the backups in a folder that are older than the last `keep` whole ones; return names.

    Whole is one that lacks no file: those made while the storage failed push none out.
    """
    sealed = sorted(path.parent for path in Path(target).glob(f"{PREFIX}*/{SEAL}"))
    sealed = [path for path in sealed if not path.name.endswith(UNFINISHED)]
    whole = [path for path in sealed if _is_whole(path)]
    old = [path for path in sealed if len(whole) > keep and path < whole[-keep]]
    for path in old:
        shutil.rmtree(path)
    return [path.name for path in old]


def _is_whole(folder):
    manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    return not (lost_files(manifest) or manifest["damaged"])


# --- Checking one ----------------------------------------------------------------------------


def check(folder):
    """Return the manifest of a backup in which every byte is as it was.

    Raises BackupError that names the file which is missing, damaged or too many.
    """
    folder = Path(folder).resolve()
    try:
        seal = (folder / SEAL).read_text(encoding="utf-8").split()[0]
        if digest_of(folder / MANIFEST) != seal:
            raise BackupError(f"{folder / MANIFEST} 已损坏（摘要与 {SEAL} 不符），请改用其他备份。")
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError, IndexError, UnicodeDecodeError) as error:
        raise BackupError(f"{folder} 不是完整的备份（{error}），请改用其他备份。") from error
    if manifest["edition"] != EDITION:
        raise BackupError(f"{folder} 由平台的其他版本生成，请用该版本恢复。")
    database = manifest["database"]
    expected = {database["name"]: database}
    expected |= {f"{FILES}/{name}": found for name, found in manifest["files"].items()}
    for name, found in expected.items():
        path = Path(safe_join(folder, name))
        if not path.is_file():
            raise BackupError(f"备份中缺少 {path}，请改用其他备份。")
        if path.stat().st_size != found["size"] or digest_of(path) != found["sha256"]:
            raise BackupError(f"{path} 已损坏（与清单不符），请改用其他备份。")
    there = {f"{path.relative_to(folder)}" for path in folder.rglob("*") if path.is_file()}
    if more := sorted(there - {*expected, MANIFEST, SEAL}):
        raise BackupError(f"{folder / more[0]} 不在清单中，请移出后重试。")
    return manifest


# --- Restoring one ---------------------------------------------------------------------------


def restore(folder):
    """Restore a backup into the configured, empty database and storage; return its manifest.

    Everything is checked before anything is written, and compared after. Raises BackupError.
    """
    folder = Path(folder).resolve()
    manifest = check(folder)
    database = manifest["database"]
    if database["vendor"] != connection.vendor:
        raise BackupError(
            f"备份的数据库为 {database['vendor']}，而 DATABASE_URL 指向 {connection.vendor}；"
            "请改用同一种数据库。"
        )
    _require_emptiness()
    source = folder / database["name"]
    name = connection.settings_dict["NAME"]
    connection.close()
    if connection.vendor == "sqlite":
        with closing(sqlite3.connect(source)) as saved, closing(sqlite3.connect(name)) as empty:
            saved.backup(empty)
        read = _sqlite(name)
    else:
        into = ("--exit-on-error", "--single-transaction", f"--dbname={name}", str(source))
        _postgres("pg_restore", *into)
        read = _postgres_moment()
    for name, found in sorted(manifest["files"].items()):
        with Path(safe_join(folder / FILES, name)).open("rb") as file:
            stored_as = default_storage.save(name, File(file))
        if stored_as != name:
            raise BackupError(f"存储没有按原名保存 {name}，请换用空的文件夹或存储桶。")
        _compare(name, found["sha256"])
    with read as cursor:
        tables = tables_of(cursor)
    for table in sorted({*tables, *database["tables"]}):
        if tables.get(table) != database["tables"].get(table):
            raise BackupError(
                f"表 {table} 恢复后为 {tables.get(table)}，"
                f"备份中为 {database['tables'].get(table)}；"
                "请换用空的数据库重新恢复。"
            )
    return manifest


def _require_emptiness():
    if connection.vendor == "sqlite":
        Path(connection.settings_dict["NAME"]).parent.mkdir(parents=True, exist_ok=True)
    with connection.cursor() as cursor:
        if connection.introspection.table_names(cursor):
            raise BackupError("数据库不是空的，不会覆盖其中内容；请恢复到新建的数据库。")
    try:
        folders, files = default_storage.listdir("")
    except FileNotFoundError:
        return
    if folders or files:
        raise BackupError(
            "存放文件的位置不是空的，不会覆盖其中内容；请恢复到新建的文件夹或存储桶。"
        )


def _compare(name, expected):
    digest = hashlib.sha256()
    with default_storage.open(name, "rb") as stored:
        for chunk in stored.chunks(MEGABYTE):
            digest.update(chunk)
    if digest.hexdigest() != expected:
        raise BackupError(f"{name} 存入后读出的内容不一致，请检查存储后重新恢复。")


def unapplied():
    """Return the migrations of this release that the restored database has not seen yet."""
    loader = MigrationLoader(connection)
    return sorted(
        f"{app}.{name}"
        for app, name in set(loader.disk_migrations) - set(loader.applied_migrations)
    )
