"""The commands of ``guildmark``, one module per group; ``node.cli`` imports one only when it is asked for."""
