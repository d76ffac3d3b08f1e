"""The Social Impact Incentive: a contract as data, what is due under it, what noise alone would pay, in Decimal only."""

from impact.siinc.contract import Clawback, Contract, ContractError, Metric, read_contract
from impact.siinc.settle import Line, Settlement, Values, read_values, settle

__all__ = [
    "Clawback",
    "Contract",
    "ContractError",
    "Line",
    "Metric",
    "Settlement",
    "Values",
    "read_contract",
    "read_values",
    "settle",
]
