"""Messages over SOAP 1.2 with WS-Security and gzip: the T-VAN's side of the regulation's list of standards.

Decision 1450/QD-TCT names SOAP v1.2, WS-Security v1.1 and gzip (Content-Encoding). Operations and namespace
of a T-VAN are its own (docs/tvan-soap.md says what ours are); the messages inside are the regulation's.
"""
