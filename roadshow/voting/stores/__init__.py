"""What stores of votes have in common with one another, or with what calls them."""
