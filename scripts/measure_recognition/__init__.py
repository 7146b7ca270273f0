"""Measure how well and at what cost material is read; see run.py."""
