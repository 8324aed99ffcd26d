"""Reading in C, where it was compiled (egress/native/build.py): what waits in the socket is taken in one call, viewers'
feedback and everybody's connectivity checks are dealt with there, and all else is handed on.

Python's own way (``udp.Plain``, ``Peer.srtp``, ``Sessions``) has the same rules at a greater price; ``reader.py`` binds
it.
"""
