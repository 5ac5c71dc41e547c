"""What each function's environment has at the least."""

ACCOUNT = {
    "GATEPOST_ISSUER": "https://auth.example.com",
    "GATEPOST_AUDIENCE": "https://api.example.com",
    "GATEPOST_SERVICE_NAME": "Gatepost",
    "GATEPOST_USERS_TABLE": "users",
    "GATEPOST_ROLES_TABLE": "roles",
    "GATEPOST_CLIENTS_TABLE": "clients",
    "GATEPOST_SESSIONS_TABLE": "sessions",
    "GATEPOST_OUTBOX_TABLE": "outbox",
    "GATEPOST_AUDIT_TABLE": "audit",
    "GATEPOST_KEYS_TABLE": "keys",
    "GATEPOST_KMS_KEY_ID": "arn:aws:kms:eu-west-1:123456789012:key/1",
}
MAILER = {
    "GATEPOST_SERVICE_NAME": "Gatepost",
    "GATEPOST_MAIL_FROM": "no-reply@example.com",
    "GATEPOST_CONFIGURATION_SET": "mails",
    "GATEPOST_OUTBOX_TABLE": "outbox",
    "GATEPOST_SESSIONS_TABLE": "sessions",
    "GATEPOST_KMS_KEY_ID": "arn:aws:kms:eu-west-1:123456789012:key/1",
}
ADMIN = ACCOUNT | {"GATEPOST_KEYS_FUNCTION": "keys"}
KEYS = {
    "GATEPOST_KEYS_TABLE": "keys",
    "GATEPOST_AUDIT_TABLE": "audit",
    "GATEPOST_KMS_KEY_ID": "arn:aws:kms:eu-west-1:123456789012:key/1",
}
EVENTS = {
    "GATEPOST_ISSUER": "https://auth.example.com",
    "GATEPOST_EVENT_BUS": "gatepost",
    "GATEPOST_AUDIT_TABLE": "audit",
}
FEEDBACK = {"GATEPOST_USERS_TABLE": "users", "GATEPOST_SESSIONS_TABLE": "sessions", "GATEPOST_AUDIT_TABLE": "audit"}
