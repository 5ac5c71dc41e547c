"""Registration, profiles and e-mail addresses."""
