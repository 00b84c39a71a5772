"""`python -m adapters.cli`: the `pdp` command without an installed script."""

from adapters.cli import main

main()
