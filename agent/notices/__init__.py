"""Notices of alarms to people elsewhere: webhook, Telegram, e-mail, the desktop (docs/operation.md)."""
