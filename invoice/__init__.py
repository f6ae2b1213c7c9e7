"""The domain, pure: sales, invoices, money and VAT, numbers and codes, XML, QR and words.

Nothing here touches a file, a clock, a socket or randomness; all of it is given in as arguments.
"""
