"""Count what a person has to do for five common tasks; see run.py."""
