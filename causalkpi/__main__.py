"""`python -m causalkpi` is the command `causalkpi`."""

from .cli import main

if __name__ == "__main__":
    main(prog_name="causalkpi")
