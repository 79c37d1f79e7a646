"""The printed map: its ground, what is drawn on it, what stands beside it, and the page that holds all."""
