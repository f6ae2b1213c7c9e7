"""Providers that allot invoice numbers themselves: what each must be able to do, and the adapters."""
