"""The last minutes before a round closes, with everybody there: see run.py."""
