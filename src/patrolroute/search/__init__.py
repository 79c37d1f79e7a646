"""The project's own search: ruin and recreate over the normal form, compiled, with a pool of routes."""
