"""A round as it leaves the portal, unpacked; and its own script run without the portal."""

import hashlib
import json
import subprocess
import sys
import zipfile

from operations.round_export import export
from operations.round_export.tables import Scope


def unpack(user, round_, tmp_path):
    """Export a round as a user sees it; return the folder, and what is missing from it."""
    packed, folder = tmp_path / "round.zip", tmp_path / "round"
    missing = export.write(Scope(user, round_), packed).missing
    with zipfile.ZipFile(packed) as archive:
        archive.extractall(folder)
    (folder,) = folder.iterdir()
    return folder, missing


def recompute(folder):
    """Run the script as a stranger does, with nothing but Python; return (exit code, output).

    Isolated: neither the portal nor any package is on its path.
    """
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-B", "recompute.py"],
        cwd=folder,
        env={"PYTHONIOENCODING": "utf-8", "PYTHONUTF8": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert not done.stderr, done.stderr
    return done.returncode, done.stdout


def read(folder, name):
    """Return the JSON of a file in the folder."""
    return json.loads((folder / name).read_text(encoding="utf-8"))


def rewrite(folder, name, change):
    """Change the JSON of a file, and the manifest with it: as somebody would who means it."""
    content = read(folder, name)
    change(content)
    replace(folder, name, json.dumps(content, ensure_ascii=False).encode())


def replace(folder, name, data):
    """Put other bytes into a file, and the manifest with it."""
    (folder / name).write_bytes(data)
    manifest = read(folder, "MANIFEST.json")
    for entry in manifest["files"]:  # the manifest itself is none of them
        if entry["path"] == name:
            entry["size"], entry["sha256"] = len(data), hashlib.sha256(data).hexdigest()
    text = json.dumps(manifest, ensure_ascii=False).encode()
    (folder / "MANIFEST.json").write_bytes(text)
    seal = f"{hashlib.sha256(text).hexdigest()}  MANIFEST.json\n"
    (folder / "MANIFEST.sha256").write_text(seal, encoding="utf-8")
