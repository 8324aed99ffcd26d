"""Live connections: WebSocket messages to and from browsers, and WHIP/WHEP signalling for the relay."""
