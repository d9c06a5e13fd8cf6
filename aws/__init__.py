"""The operator's hands: publish truststores, deploy, look. Never touches a key."""
