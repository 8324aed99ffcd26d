"""All cards are opened once more before the count is closed: the jury talks, and whoever wants to revises."""
