"""Sign-ins: how long they live (``life``), who has one (``presence``)."""
