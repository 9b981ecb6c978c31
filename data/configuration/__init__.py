"""The keys of config.toml: their definition, their schema, and what a person's file says and gets wrong."""
