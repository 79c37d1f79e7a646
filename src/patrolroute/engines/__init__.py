"""Engines: whatever turns a problem into visiting orders."""
