"""Pages around judges' cards of paper: to print them, to type them in, and what a judge sees of their own."""
