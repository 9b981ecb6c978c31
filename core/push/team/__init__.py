"""What several senders on one book agree on: who carries which push, at which rate, and who hears of it."""
