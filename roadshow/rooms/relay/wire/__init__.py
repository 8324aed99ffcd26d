"""Bytes to values and back: RTP, RTCP, STUN, SDP, codecs."""
