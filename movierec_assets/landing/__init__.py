"""Where source files arrive: the zone, its ledger, downloads, the generated sample."""
