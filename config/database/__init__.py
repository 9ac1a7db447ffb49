"""Django's PostgreSQL backend with one thing less to ask."""
