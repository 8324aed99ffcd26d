"""What judges write to the projects' teams: sealed until the result is announced, then released as the rules say."""
