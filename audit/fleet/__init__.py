"""Many shops: each bundle becomes two small tables (Parquet), and DuckDB compares the sellers.

Needs the extra ``fleet`` (DuckDB). The SQL here reads Parquet files only; that of the store stays in
``outbox``.
"""
