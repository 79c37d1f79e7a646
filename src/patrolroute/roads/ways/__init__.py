"""Places on the streets, and the fastest ways between them: matrices, legs, turns, areas within reach."""
