"""What one system gained over another: pairs, gains, groups, unseen languages, power. Draws nothing."""
