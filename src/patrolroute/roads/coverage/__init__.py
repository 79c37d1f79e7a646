"""Drives that cover the streets of areas: the problem, its solvers and bounds, beats, and the count afterwards."""
