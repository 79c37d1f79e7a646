"""The door of the command line: what is pressed while the libraries load is answered too."""

import sys

EXIT_INTERRUPTED = 130


def main() -> None:
    """Run the command line; Ctrl-C outside a search ends it without a trace and without files."""
    try:
        from patrolroute.cli import run  # noqa: PLC0415 - imported within the try on purpose

        run()
    except KeyboardInterrupt:
        sys.stderr.write("\npatrolroute: interrupted; nothing was written.\n")
        sys.exit(EXIT_INTERRUPTED)
    except BrokenPipeError:
        sys.exit(0)


if __name__ == "__main__":
    main()
