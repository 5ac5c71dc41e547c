"""What administrators do. Each rule is handed who does it: a user, whose permission the route has asked for, or an
operator, whose rights IAM has."""
