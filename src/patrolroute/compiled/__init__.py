"""How numba kernels are compiled, kept, and compiled ahead in a process of their own."""

from patrolroute.compiled.marks import (
    compiled,
    entry,
    helper,
    is_compiled,
    kernel,
    kernel_where,
    room_of,
    source_digest,
)

__all__ = ["compiled", "entry", "helper", "is_compiled", "kernel", "kernel_where", "room_of", "source_digest"]
