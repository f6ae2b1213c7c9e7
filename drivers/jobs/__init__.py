"""Print jobs, one step before the picture: where a receipt's text still is, with its places on the page."""

from drivers.jobs.job import form_of, lay_out_job, unfinished
from drivers.jobs.pdf import draw_pdf

__all__ = ["draw_pdf", "form_of", "lay_out_job", "unfinished"]
