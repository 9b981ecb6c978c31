"""The parts of the app that outlive every screen: the header, the rooms, copying, the terminal."""
