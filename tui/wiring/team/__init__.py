"""What a desk on a team's book shares with the other senders."""
