"""Admission: who of the strangers gets one of the places there are, and how often they may ask. Pure.

Everything strangers share is places: sockets, pictures, and also what comes and goes within a second (handshakes,
messages, pages), whose places come back by themselves. Each is counted for the address it goes to and for the networks
that address is in. While there is room everybody gets in; when it gets tight, nobody new does from the network that
holds most. docs/decisions/admission.md says why so.
"""
