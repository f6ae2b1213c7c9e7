"""Print jobs, one step before the picture: where a receipt's text still is, with its places on the page."""

from drivers.jobs.job import form_of, lay_out_job, unfinished

__all__ = ["form_of", "lay_out_job", "unfinished"]
