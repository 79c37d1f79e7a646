"""How numba kernels are compiled, kept, and compiled ahead in a process of their own."""

from patrolroute.compiled.ahead import Job, compiling_ahead, wait_for
from patrolroute.compiled.marks import (
    compiled,
    entry,
    helper,
    is_compiled,
    is_kept,
    kernel,
    kernel_where,
    room_of,
    source_digest,
)

__all__ = [
    "Job",
    "compiled",
    "compiling_ahead",
    "entry",
    "helper",
    "is_compiled",
    "is_kept",
    "kernel",
    "kernel_where",
    "room_of",
    "source_digest",
    "wait_for",
]
