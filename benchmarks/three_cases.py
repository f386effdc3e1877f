"""Three cases with a real model in the place of the remote one: all that left, all that came back, the page.

Usage:
    python benchmarks/three_cases.py DATA GGUF > benchmarks/three_cases.out

DATA holds `aci_bench/valid_full.json` and `primock57/notes.jsonl`. GGUF is an instruction model
(`python scripts/weights.py .weights qwen-coder-1.5b`), served on this machine. What so small a model says is
worthless as medicine: the run shows the walk. `three_cases.md` keeps one run, read critically.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

EMERGENCY = Path(__file__).parents[1] / "examples" / "notes" / "chest_pain.txt"


def cases(data: Path) -> dict[str, str]:
    """A dialogue, a note in a general practitioner's shorthand, and an emergency note (synthetic)."""
    aci = json.loads((data / "aci_bench" / "valid_full.json").read_text(encoding="utf-8"))["data"]
    primock = (data / "primock57" / "notes.jsonl").read_text(encoding="utf-8").splitlines()
    return {
        "dialogue-D2N068": next(row["src"] for row in aci if row["file"].startswith("D2N068")),
        "gp-day1-consultation06": next(
            row["note"] for row in map(json.loads, primock) if row["id"] == "day1_consultation06"
        ),
        "emergency-synthetic": EMERGENCY.read_text(encoding="utf-8"),
    }


def main(data: Path, weights: Path) -> None:
    """Print the three pages."""
    import xllamacpp

    params: Any = xllamacpp.CommonParams()
    params.model.path, params.verbosity, params.n_ctx, params.n_parallel = str(weights), -1, 4096, 1
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
    server = xllamacpp.Server(params)
    with tempfile.TemporaryDirectory() as folder:
        for name, text in cases(data).items():
            (Path(folder) / f"{name}.txt").write_text(text, encoding="utf-8")
            spec = f"openai:{server.listening_address}/v1#{weights.stem}"
            words = ["triage", f"{name}.txt", "--out", "out", "--timeout", "900", "--consult", spec]
            subprocess.run([Path(sys.executable).with_name("bedside"), *words], cwd=folder, check=True)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(Path(sys.argv[1]).absolute(), Path(sys.argv[2]).absolute())
