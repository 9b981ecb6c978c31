"""The command line's commands, a file per room. Each calls the use cases the screens call; none loads textual."""
