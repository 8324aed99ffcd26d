"""After the podium: objections of the teams, rulings on them, and places that move for a reason, until it is final."""
