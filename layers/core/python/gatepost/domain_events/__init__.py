"""What other systems are told of what happens here: which security events, by which names, with what in them."""
