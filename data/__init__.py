"""Everything outside the process: the remotes, files, the book, maps, contracts, the sandbox."""
