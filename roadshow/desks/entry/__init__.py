"""The way in and out: the page a link leads to, signing in and out, and where somebody is signed in."""
