"""The paper beside the scores that its authors released; its claims; a run of one's own beside theirs."""
