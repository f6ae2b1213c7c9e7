"""Receipt profiles shipped with thungan: one TOML file each, read by ``drivers.reading.profile``."""
