"""Settings, URLs, the Celery app and the local services of a Parley site."""
