"""The evaluation engine of Officine Mezzogiorno, which reads the participation log and knows nothing of the portal."""

from impact.acts import ACTS, Act, ActError
from impact.chain import GENESIS, Broken, Verification, canonical, chain_hash, seal, verify
from impact.log import rows, write_csv, write_parquet
from impact.row import COLUMNS, LogError, Row

__all__ = [
    "ACTS",
    "COLUMNS",
    "GENESIS",
    "Act",
    "ActError",
    "Broken",
    "LogError",
    "Row",
    "Verification",
    "canonical",
    "chain_hash",
    "rows",
    "seal",
    "verify",
    "write_csv",
    "write_parquet",
]
