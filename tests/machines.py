"""State machines of Hypothesis: how many examples they play, the same ones in every run."""

from hypothesis import HealthCheck, settings


def examples(count: int, *, steps: int) -> settings:
    """So many examples of at most so many steps each, however long they take."""
    return settings(
        max_examples=count,
        stateful_step_count=steps,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        derandomize=True,
        database=None,
        print_blob=False,
    )
