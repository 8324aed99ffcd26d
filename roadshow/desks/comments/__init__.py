"""What judges write to the teams: their own page, the page of who looks it through, and the team's."""
