"""How many rows a second are read and verified: `python -m tests.impact.speed [ROWS]`."""

import resource
import sys
import tempfile
import time
from pathlib import Path

from impact import rows, seal, verify, write_csv, write_parquet
from tests.impact.samples import unsealed


def main(count: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for name, write in (("log.csv", write_csv), ("log.parquet", write_parquet)):
            path = Path(folder, name)
            write(path, seal(unsealed(count)))
            start = time.perf_counter()
            assert verify(rows(path)).holds
            seconds = time.perf_counter() - start
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
            print(f"{name:12} {count:,} rows {seconds:.1f} s {count / seconds:,.0f} rows/s, peak {peak} MB")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200_000)
