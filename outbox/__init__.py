"""The outbox: the SQLite store, numbering, states, the ledger and delivery. All SQL of thungan is here."""
