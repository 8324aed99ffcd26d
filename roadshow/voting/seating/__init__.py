"""Who sits in judgement of which project: panels, and the lot that assigns some of a panel's judges. Pure."""
