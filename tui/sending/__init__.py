"""All sending of the app: pushes, automatic work and its brake, the stop of everything. Belongs to no screen."""
