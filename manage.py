#!/usr/bin/env python
"""Django's command-line utility for Parley."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    try:
        from django.core.management import execute_from_command_line
    except ImportError:
        sys.exit("Django is not installed in this Python. Run 'make setup', then use .venv/bin/python manage.py …")
    from django.db import OperationalError

    try:
        execute_from_command_line(sys.argv)
    except OperationalError as error:
        from config.local import hint

        sys.exit(f"The database does not answer: {str(error).strip().splitlines()[0]}\n{hint()}")


if __name__ == "__main__":
    main()
