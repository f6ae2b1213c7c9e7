"""Updates of the program: proven by TUF, put in outside opening hours, taken back when they fail."""
