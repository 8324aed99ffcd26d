"""A process of its own in front of the house: it accepts every connection, answers what is the same for everybody from
its memory, and passes all other connections on to the house. docs/decisions/a-front-of-its-own.md
"""
