#!/usr/bin/env python
"""Django's command line for this site."""

import gc
import os
import sys

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "charity_site.settings")
    from django.core.management import execute_from_command_line

    # Starting makes hundreds of thousands of objects that stay: looking through them for what may go finds nothing, and
    # takes a fifth of the time. `charity_site.apps` begins to collect once everything is there.
    gc.disable()
    execute_from_command_line(sys.argv)
