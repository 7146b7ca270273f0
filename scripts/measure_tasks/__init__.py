"""Count what a person has to do for six common tasks; see run.py."""
