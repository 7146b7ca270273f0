"""The world of the hostile inputs."""

import pytest

from tests.hostile.world import World


@pytest.fixture
def world(db):
    """A world of its own for one test, which runs through many inputs."""
    return World()
