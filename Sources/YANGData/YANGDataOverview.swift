// YANGData: Schemas and typed data trees: validate, diff, build edit-config content; the only importer of libyang.
