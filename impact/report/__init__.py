"""The signed statement of one settlement and what people read of it.

bundle.py (files, hashes, zip), figures.py (what is computed), signing.py, statement.py (build), reproduce.py (compute again);
story.py, tables.py, charts.py, pages.py (the report), demo.py (a bundle with made-up scores).
"""
