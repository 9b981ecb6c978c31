"""What every part of the benchmark uses: figures and marks, runs in turns, processes, terminals, peers, the page."""
