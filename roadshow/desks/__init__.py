"""The pages: one module for each desk (a role's pages)."""
