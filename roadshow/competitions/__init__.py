"""What a competition is, who takes part, and how an application becomes a finalist."""
