"""``roadshow bench lines``: pictures and voices on real lines, between real browsers.

``emu.c`` and ``network`` are hosts with bad lines on this machine, ``media`` a camera and a microphone that fill their
rate, ``devtools`` a Chromium in a host, ``page.js`` what it does there, ``seen`` what is made of what it saw (pure).
``cases`` has the table, and names what measures each."""
