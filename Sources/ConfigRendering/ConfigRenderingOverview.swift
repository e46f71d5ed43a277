// ConfigRendering: From an approved contract and an inventory to intended configurations with provenance.
