"""A PostgreSQL server to throw away: for tests, benchmarks, and trying things out.

    python scripts/postgres.py [--durable]

Makes a cluster in a temporary folder, on a Unix socket only, prints one line of JSON (url, data, log, bin) and runs
until its standard input ends; then all of it is deleted. It logs every statement and leaves fsync out, as tests
need it; `--durable` leaves the server as it comes, for benchmarks. Where no server is installed it says so and
exits with 3.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

USER = "postgres"


def server_folder() -> Path | None:
    """Where initdb is; Debian keeps it out of the PATH."""
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    installed = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    return max((one.parent for one in installed), key=lambda one: int(one.parent.name), default=None)


def main() -> int:
    durable = "--durable" in sys.argv[1:]
    if (bin_folder := server_folder()) is None:
        print("no PostgreSQL server is installed: apt-get install postgresql", file=sys.stderr)
        return 3
    # The server refuses to run as root.
    as_user = {"user": USER, "group": USER, "extra_groups": []} if os.geteuid() == 0 else {}
    folder = Path(tempfile.mkdtemp(prefix="bedside-pg-"))
    if as_user:
        shutil.chown(folder, USER, USER)
    folder.chmod(0o755)
    data, log = folder / "data", folder / "server.log"
    settings = ["listen_addresses=", f"unix_socket_directories={folder}"]
    settings += [] if durable else ["fsync=off", "log_statement=all"]

    def run(*command: str | Path) -> None:
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd="/", **as_user)  # type: ignore[call-overload]

    try:
        run(
            bin_folder / "initdb",
            "-D",
            data,
            "-A",
            "trust",
            "-U",
            USER,
            "-E",
            "UTF8",
            "--no-sync",
            "--locale=C.UTF-8",
        )
        options = " ".join(f"-c {one}" for one in settings)
        run(bin_folder / "pg_ctl", "-D", data, "-l", log, "-o", options, "-w", "start")
        try:
            url = f"postgresql://{USER}@/postgres?host={folder}"
            print(json.dumps({"url": url, "data": str(data), "log": str(log), "bin": str(bin_folder)}), flush=True)
            sys.stdin.read()
        finally:
            run(bin_folder / "pg_ctl", "-D", data, "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
