"""Ways bytes come in and go out: serial, TCP, device files, USB printers, standard input.

Every port is opened and used through ``drivers.ports.abandonable``, because a dead USB-serial adapter can
hang any call for ever.
"""
