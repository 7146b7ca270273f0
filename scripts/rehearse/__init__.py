"""The portal as it runs for real, without containers: see run.py."""
