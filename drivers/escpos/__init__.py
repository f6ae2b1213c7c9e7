"""ESC/POS, the language of receipt printers: events out of bytes, without any I/O."""
