"""The portal on more than one machine, each a network namespace of this one: see run.py."""
