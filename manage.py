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
    from django.core.exceptions import ImproperlyConfigured
    from django.db import OperationalError, ProgrammingError

    try:
        execute_from_command_line(sys.argv)
    except KeyboardInterrupt:
        sys.exit(130)  # what a shell makes of Ctrl-C
    except ImproperlyConfigured as error:
        sys.exit(str(error))
    except OperationalError as error:
        from config.local import hint

        sys.exit(f"The database does not answer: {str(error).strip().splitlines()[0]}\n{hint()}")
    except ProgrammingError as error:
        from psycopg.errors import UndefinedColumn, UndefinedTable

        if not isinstance(error.__cause__, UndefinedColumn | UndefinedTable):
            raise
        sys.exit(
            f"The database is not at the state of this program: {str(error).splitlines()[0]}\n"
            "Run 'manage.py migrate', or start 'make run' again, which does it by itself."
        )


if __name__ == "__main__":
    main()
