"""The same time for every answer: who measures must not learn whether an address has an account.

Words and status are the same already; but writing a mail takes a little longer than writing none.
"""

import time
from collections.abc import Callable
from functools import wraps

from flask import request

STEP_SECONDS = 0.1


def same_time(view: Callable) -> Callable:
    """Its answers to a form come at the next whole step after it was sent, when the transaction is over.

    Whole steps, not a least time: where the machine is slow, what is left to see is only which step it was.
    """

    @wraps(view)
    def paced(*args, **kwargs):
        begun = time.perf_counter()
        answer = view(*args, **kwargs)
        if request.method == "POST":
            time.sleep(-(time.perf_counter() - begun) % STEP_SECONDS)
        return answer

    return paced
