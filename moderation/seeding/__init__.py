"""Generated threads of any length, for load, screenshots and drills: what a site has after years, in a minute.

    shape.py   who answers whom, and which state each comment is in
    words.py   what they say
    verdicts.py  scores and reasons as policy would give them
    load.py    into the database by COPY, in one transaction

Everything is drawn from one seed, so the same command makes the same thread.

    past.py    what the demo's desk has done before anybody sits down at it, from past.toml
"""
