"""Machines that fail, each with a database of its own on the tests' one server."""

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from tests.faults.machine import Machine, Nursery, machine


@pytest.fixture(scope="session")
async def nursery() -> AsyncIterator[Nursery]:
    """What starts systems in a blink."""
    async with Nursery() as started:
        yield started


@pytest.fixture
async def failing_machine(owner_url: str, nursery: Nursery) -> AsyncIterator[Machine]:
    """A computer that can be killed, with an empty library."""
    async with machine(owner_url, name=f"faults-{uuid4().hex}", nursery=nursery) as made:
        yield made
