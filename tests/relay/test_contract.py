"""Names of aiortc, aioice and pylibsrtp that the relay relies on but that nobody promised to keep."""

import inspect
import ipaddress

import pylibsrtp
from aioice.ice import get_host_addresses
from aiortc.rtcdtlstransport import RTCCertificate
from pylibsrtp._binding import ffi, lib

from roadshow.rooms.relay.egress.egress import srtp_session
from roadshow.rooms.relay.transport.dtls import PROFILES, share_buffer


def test_the_certificate_makes_its_context_where_we_share_it() -> None:
    """One TLS context for all connections instead of one each."""
    assert list(inspect.signature(RTCCertificate._create_ssl_context).parameters) == ["self", "srtp_profiles"]
    context = RTCCertificate.generateCertificate()._create_ssl_context(srtp_profiles=PROFILES)
    assert hasattr(context, "set_session_cache_mode")


def test_aes_128_gcm_comes_first() -> None:
    """It costs a fraction of AES-CM with SHA-1."""
    assert [profile.openssl_profile for profile in PROFILES] == [b"SRTP_AEAD_AES_128_GCM", b"SRTP_AES128_CM_SHA1_80"]


def test_libsrtp_can_be_called_in_place() -> None:
    """The way out encrypts on a buffer of its own; it must give what ``Session.protect`` gives."""
    policy = pylibsrtp.Policy(key=bytes(28), srtp_profile=PROFILES[0].libsrtp_profile)
    policy.ssrc_type = pylibsrtp.Policy.SSRC_ANY_OUTBOUND
    one, other = pylibsrtp.Session(policy), pylibsrtp.Session(policy)
    packet = bytes.fromhex("806000010000000200000003") + b"payload"
    place, length = ffi.new("char[]", 200), ffi.new("int *")
    ffi.buffer(place)[: len(packet)] = packet
    length[0] = len(packet)
    assert lib.srtp_protect(srtp_session(one), place, length) == 0
    assert ffi.buffer(place)[: length[0]] == other.protect(packet)
    assert callable(lib.srtp_protect_rtcp)


def test_sessions_may_share_a_buffer() -> None:
    """Whose turn it is leaves nothing behind for the next; and it is the shared one that is used."""
    made: list[pylibsrtp.Session] = []
    for kind in (pylibsrtp.Policy.SSRC_ANY_OUTBOUND, pylibsrtp.Policy.SSRC_ANY_INBOUND):
        for key in (bytes(28), bytes(range(28))):
            policy = pylibsrtp.Policy(key=key, ssrc_type=kind, srtp_profile=PROFILES[0].libsrtp_profile)
            made.append(pylibsrtp.Session(policy))
            share_buffer(made[-1])
    assert len({id(session._buffer) for session in made}) == 1
    out, other_out, into, other_into = made
    packets = [bytes.fromhex(f"8060{number:04x}0000000200000003") + b"payload" * number for number in range(1, 9)]
    for packet in packets:
        first, second = out.protect(packet), other_out.protect(packet)
        assert first != second
        assert into.unprotect(first) == packet
        assert other_into.unprotect(second) == packet
    assert inspect.getsource(pylibsrtp.Session).count("self._cdata") == 4


def test_this_machines_addresses_are_addresses() -> None:
    """aioice's list is internal to it."""
    found = get_host_addresses(use_ipv4=True, use_ipv6=True)
    assert all(ipaddress.ip_address(address) for address in found)
    assert list(inspect.signature(get_host_addresses).parameters) == ["use_ipv4", "use_ipv6"]
