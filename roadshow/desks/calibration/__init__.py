"""Calibration rounds: the page on which a jury scores samples, and on which rounds are opened and closed."""
