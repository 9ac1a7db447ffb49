"""The scoring endpoint for other systems: the wire format of Perspective, answered by this site's own workers.

Read in this order: `front.py` (what a request meets first), `wire.py` (what it says), `service.py` (what is answered),
`errors.py` (what is refused, and how). `docs/perspective.md` tells callers how to point at it.
"""
