"""`python -m tokenmon`: the same as the console script."""

from tokenmon.cli import main

if __name__ == "__main__":
    main()
