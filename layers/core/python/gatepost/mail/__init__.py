"""What mails say, and sending them."""
