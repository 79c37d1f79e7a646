"""Plans security patrols on real streets: who goes where, when, along which roads, and what is left out."""
