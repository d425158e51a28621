"""The books themselves, driven the way the site drives them."""

import django

from tests.bench.programs import serving


def main() -> None:
    django.setup()
    from tests.bench.programs import ours_log, ours_posting

    serving.serve({**ours_posting.COMMANDS, **ours_log.COMMANDS})


if __name__ == "__main__":
    main()
