"""For every test: nothing of the operator's environment, and hypothesis without a stopwatch."""

import os

import hypothesis
import pytest

# A busy machine is no failure; what a test must not exceed is bounded where it matters.
hypothesis.settings.register_profile("roadshow", deadline=None, print_blob=True)
# For `make rules`: whoever changes a rule has the time for it, every run has not.
hypothesis.settings.register_profile("long", deadline=None, print_blob=True, max_examples=10_000)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "roadshow"))


@pytest.fixture(autouse=True, scope="session")
def _no_settings_from_outside() -> None:
    """A REDIS_URL in the developer's shell must never reach a test that empties its store."""
    for name in [name for name in os.environ if name.startswith("ROADSHOW_") or name == "REDIS_URL"]:
        del os.environ[name]
