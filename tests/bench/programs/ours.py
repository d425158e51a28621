"""The books themselves, driven the way the site drives them."""

import django

from tests.bench.programs import serving


def main() -> None:
    django.setup()
    from tests.bench.programs import ours_log, ours_posting, ours_reading, ours_settlement, ours_site, ours_statements

    parts = (ours_posting, ours_log, ours_reading, ours_settlement, ours_site, ours_statements)
    serving.serve({name: command for part in parts for name, command in part.COMMANDS.items()})


if __name__ == "__main__":
    main()
