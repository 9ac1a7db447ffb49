"""Test data, made the way the site makes it: through posting and state changes, never by setting fields."""
