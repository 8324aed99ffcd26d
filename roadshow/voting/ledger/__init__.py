"""The record of a poll: its chain, its signatures, and how it is counted again."""
