"""OAuth clients: what is known of the applications that may ask for tokens."""
