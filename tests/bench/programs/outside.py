"""The outside verifier, as a stranger runs it: no Django, no database, nothing seen before."""

from time import perf_counter
from typing import Any

from ledger.auditor.command import main
from tests.bench.programs.serving import measured, serve


@measured
def check(folder: str, state: str) -> dict[str, Any]:
    """Check an exported folder. Anything but "right" is a failure of the benchmark's world or of the verifier."""
    begun = perf_counter()
    code = main([folder, "--state", state, "--lang", "en"])
    seconds = perf_counter() - begun
    if code:
        raise RuntimeError(f"the outside verifier ends with code {code}")
    return {"seconds": seconds}


if __name__ == "__main__":
    serve({"check": check})
