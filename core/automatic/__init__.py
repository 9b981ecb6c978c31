"""What the desk does again automatically after a failure: when, how often, and what a person must decide instead."""
