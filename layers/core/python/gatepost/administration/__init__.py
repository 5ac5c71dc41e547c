"""What administrators do. Each rule is handed the principal who does it, whose permission the route has asked for."""
