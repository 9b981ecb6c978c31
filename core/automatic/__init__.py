"""What the desk does again by itself after a failure: when, how often, and what a person must decide instead."""
