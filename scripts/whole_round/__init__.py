"""A whole round, from submission to publication: see run.py."""
