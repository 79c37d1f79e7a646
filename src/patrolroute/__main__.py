"""The door of the command line: what is pressed while the libraries load is answered too."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

EXIT_INTERRUPTED = 130


def main() -> None:
    """Run the command line; Ctrl-C outside a search ends it without a trace and without files."""
    with _interrupts_noted() as pressed:
        try:
            from patrolroute.cli import run  # noqa: PLC0415 - imported within the try on purpose

            run()
        except KeyboardInterrupt:
            _end()
        except BrokenPipeError:
            sys.exit(0)
        except Exception:
            # What Ctrl-C meets while it loads or is compiled may make an error of its own of it.
            if not pressed:
                raise
            _end()


def _end() -> NoReturn:
    sys.stderr.write("\npatrolroute: interrupted; nothing was written.\n")
    sys.exit(EXIT_INTERRUPTED)


@contextmanager
def _interrupts_noted() -> Iterator[list[int]]:
    """Give a list that grows with each Ctrl-C, and say nothing of errors that are ignored after one."""
    pressed: list[int] = []
    answer, tell = signal.getsignal(signal.SIGINT), sys.unraisablehook

    def note(number: int, frame: Any) -> None:
        pressed.append(number)
        signal.default_int_handler(number, frame)

    def tell_unless_pressed(unraisable: Any) -> None:
        if not pressed:
            tell(unraisable)

    # Where the shell has it ignored, as for what runs in its background, it stays so.
    if answer is not signal.default_int_handler:
        yield pressed
        return
    signal.signal(signal.SIGINT, note)
    sys.unraisablehook = tell_unless_pressed
    try:
        yield pressed
    finally:
        signal.signal(signal.SIGINT, answer)
        sys.unraisablehook = tell


if __name__ == "__main__":
    main()
