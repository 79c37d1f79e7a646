"""Entries as they stand in files and tables, and what is made of each, with every fault of it told."""
