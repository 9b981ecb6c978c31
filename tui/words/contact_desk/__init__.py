"""The words of the contact desk: verdicts, questions and milestones. Shared by the app and the command line."""
