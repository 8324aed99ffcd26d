"""Roadshow runs the final of a startup competition online."""

__version__ = "0.1.0"
