#!/usr/bin/env bash
# What the Makefile needs from the machine. Each command does one thing, or says clearly what is missing.
#   setup.sh venv DIR             a virtual environment
#   setup.sh packages DIR WHAT    Python packages into it: . or .[dev]
#   setup.sh native DIR           the relay's native fan-out, if this machine can compile it
#   setup.sh browser              a Chromium and a Firefox for the browser tests
#   setup.sh turn                 coturn, HAProxy and a firewall's tools, for the tests of TURN
#   setup.sh gstreamer            GStreamer with WebRTC, for make strangers
set -euo pipefail

OLDEST=3.11

fail() {
    printf '\n' >&2
    printf '%s\n' "$@" >&2
    exit 1
}

can_install() {
    [[ $(id -u) == 0 ]] && command -v apt-get >/dev/null
}

apt_install() {
    echo "Installing with apt-get: $*"
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

new_enough() {
    "$1" -c "import sys; sys.exit(sys.version_info < (${OLDEST/./, }))" 2>/dev/null
}

find_python() {
    local candidate
    for candidate in ${ROADSHOW_PYTHON:-} python3 python3.{14,13,12,11}; do
        if new_enough "$candidate"; then
            echo "$candidate"
            return
        fi
    done
    fail "Roadshow needs Python $OLDEST or later; python3 here is: $(python3 --version 2>/dev/null || echo missing)." \
        "Install one (on Debian 12 or later: apt-get install python3 python3-venv), then try again."
}

made_elsewhere() {
    grep -qs '^command = ' "$1/pyvenv.cfg" && ! grep -qs "^command = .* $PWD/$1$" "$1/pyvenv.cfg"
}

make_venv() {
    local folder=$1 python version
    python=$(find_python)
    if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
        version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
        { can_install && apt_install "python$version-venv"; } ||
            fail "Python $version here comes without venv and pip." "Install them: sudo apt-get install python$version-venv"
    fi
    # Anew, when the old one's Python is gone or too old, or when it was made in another place, which its programs remember.
    if [[ -e $folder ]] && { ! new_enough "$folder/bin/python" || made_elsewhere "$folder"; }; then
        rm -rf "$folder"
    fi
    [[ -x $folder/bin/python ]] || "$python" -m venv "$folder" || fail "The virtual environment $folder could not be made."
}

install_packages() {
    local folder=$1 what=$2
    echo "Installing Python packages into $folder (a minute or so the first time) …"
    # What runs is what is locked, here as in the image; the tools around it follow pyproject.toml, and so does what was
    # added there and is not locked yet (make lock).
    { "$folder/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes --requirement locks/run.txt &&
        "$folder/bin/python" -m pip install --quiet --disable-pip-version-check --editable "$what"; } ||
        fail "pip could not install the packages of pyproject.toml; its message above says which." \
            "A package registry must be reachable, and the disk must have 1 GB free."
}

build_native() {
    local build=("$1/bin/python" -m roadshow.rooms.relay.egress.native.build --if-outdated)
    "${build[@]}" --required 2>/dev/null && return
    if can_install && apt_install gcc libc6-dev libssl-dev python3-dev && "${build[@]}" --required 2>/dev/null; then
        return
    fi
    # Not fatal: the relay then does the same in Python. This says why.
    "${build[@]}"
}

find_one() {
    local name
    for name in "$@"; do
        [[ -n $name ]] && command -v "$name" >/dev/null && return
    done
    return 1
}

# The Noto fonts have the Chinese and Cyrillic letters of the pages.
install_browsers() {
    find_one "${CHROMIUM:-}" chromium chromium-browser || install_browser Chromium CHROMIUM chromium fonts-noto-cjk fonts-noto-core
    find_one "${FIREFOX:-}" firefox-esr firefox || install_browser Firefox FIREFOX firefox-esr
}

install_browser() {
    local name=$1 variable=$2
    shift 2
    can_install && apt_install "$@" && find_one "$1" && return
    fail "The browser tests need $name, and there is none here." \
        "Install it: sudo apt-get install $*" \
        "or let $variable name one that is somewhere else: make test $variable=/path/to/it"
}

install_turn() {
    # sbin is not on everybody's path.
    local PATH=$PATH:/usr/sbin:/sbin
    if command -v turnserver >/dev/null && command -v haproxy >/dev/null && command -v nft >/dev/null && command -v ip >/dev/null; then
        return
    fi
    if can_install && apt_install coturn haproxy nftables iproute2; then
        # Debian also makes services of them, which nobody asked for here: tests start their own.
        systemctl disable --now coturn haproxy >/dev/null 2>&1 || true
        return
    fi
    fail "The tests of TURN need coturn, HAProxy, nftables and iproute2." \
        "Install them: sudo apt-get install coturn haproxy nftables iproute2"
}

# Debian's, by Debian's own Python.
has_gstreamer() {
    /usr/bin/python3 - >/dev/null 2>&1 <<'EOF'
import gi
for name in ("Gst", "GstSdp", "GstWebRTC"):
    gi.require_version(name, "1.0")
from gi.repository import Gst, GstSdp, GstWebRTC
Gst.init(None)
elements = "webrtcbin nicesrc vp8enc x264enc opusenc rtph264pay decodebin avdec_h264 videotestsrc audiotestsrc"
raise SystemExit(any(Gst.ElementFactory.find(name) is None for name in elements.split()))
EOF
}

install_gstreamer() {
    if has_gstreamer; then
        return
    fi
    local packages=(gstreamer1.0-plugins-{base,good,bad,ugly} gstreamer1.0-nice gstreamer1.0-libav python3-gi
        python3-gst-1.0 gir1.2-gst-plugins-bad-1.0)
    can_install && apt_install "${packages[@]}" && has_gstreamer && return
    fail "There is no GStreamer with WebRTC here, so its clients count as not good." \
        "Install it: sudo apt-get install ${packages[*]}"
}

case "${1:-}" in
    venv) make_venv "$2" ;;
    packages) install_packages "$2" "$3" ;;
    native) build_native "$2" ;;
    browser) install_browsers ;;
    turn) install_turn ;;
    gstreamer) install_gstreamer ;;
    *) fail "usage: $0 venv DIR | packages DIR WHAT | native DIR | browser | turn | gstreamer" ;;
esac
