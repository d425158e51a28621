"""`python -m projects.checkout.emulator --port 8001 --webhook http://localhost:8000/stripe/webhook`"""

import argparse
import contextlib
import os
import signal
from pathlib import Path

from projects.checkout.emulator.bank import Terms
from projects.checkout.emulator.server import Emulator


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="emulator", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8001)
    parser.add_argument("--public", default="", help="the address browsers use, when it is not host and port")
    site = os.environ.get("SITE_URL", "http://localhost:8000").rstrip("/")
    parser.add_argument("--webhook", default=f"{site}/stripe/webhook", help="where events go")
    parser.add_argument("--secret", default=os.environ.get("STRIPE_WEBHOOK_SECRET", "whsec_emulator"))
    parser.add_argument("--data", default="", help="file that keeps the state (default: VAR_DIR/emulator.sqlite3)")
    parser.add_argument("--fee-bps", type=int, default=290, help="invented fee, parts per ten thousand")
    parser.add_argument("--fee-fixed", type=int, default=30, help="invented fee, fixed part in minor units")
    parser.add_argument("--loud", action="store_true", help="print every request")
    return parser.parse_args()


def main() -> None:
    """Serve until told to stop."""
    options = _options()
    data = Path(options.data or Path(os.environ.get("VAR_DIR", "var")) / "emulator.sqlite3")
    data.parent.mkdir(parents=True, exist_ok=True)
    emulator = Emulator(
        host=options.host,
        port=options.port,
        data=str(data),
        public=options.public or f"http://localhost:{options.port}",
        webhook=options.webhook,
        secret=options.secret,
        terms=Terms("", options.fee_bps, options.fee_fixed),
        loud=options.loud,
    )
    emulator.start_delivering()
    signal.signal(signal.SIGTERM, lambda *_: (_ for _ in ()).throw(KeyboardInterrupt()))
    print(f"Stripe emulator on {emulator.address} (no real money); events go to {options.webhook}", flush=True)
    with contextlib.suppress(KeyboardInterrupt):
        emulator.serve_forever()
    emulator.close()


if __name__ == "__main__":
    main()
