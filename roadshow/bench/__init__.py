"""How much this machine holds: a load client that speaks real WebRTC, a server of its own to try it on, and the advice.

It shares no code with the relay beyond the web: a client that took its SDP or SRTP from the server would not notice the
server's mistakes.
"""
