"""``python -m ledger.auditor``."""

import sys

from ledger.auditor.command import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
