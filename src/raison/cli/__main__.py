"""`python -m raison.cli`."""

from raison.cli import main

if __name__ == "__main__":
    main()
