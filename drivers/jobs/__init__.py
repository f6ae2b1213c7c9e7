"""Print jobs, one step before the picture: where a receipt's text still is, with its places on the page."""

from drivers.jobs.apart import draw_pdf
from drivers.jobs.job import form_of, lay_out_job, unfinished

__all__ = ["draw_pdf", "form_of", "lay_out_job", "unfinished"]
