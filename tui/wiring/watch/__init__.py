"""The watch over a profile's desk: its rounds, and the job of each round."""
