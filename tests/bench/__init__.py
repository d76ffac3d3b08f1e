"""How quick the portal is beside the least that Flask, SQLAlchemy and the database can do: `python -m tests.bench`."""
