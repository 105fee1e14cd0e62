"""``python -m node``: the same as the ``guildmark`` command."""

from node.cli import main

if __name__ == "__main__":
    main()
