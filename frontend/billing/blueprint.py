"""The pages of the platform's fees, registered by `views`; their views stand in the modules that show them."""

from frontend.billing.notes import fee_note
from frontend.pages import Pages

USUAL_CURRENCY = "CNY"
pages = Pages("billing", "frontend.billing")
pages.add_app_template_global(fee_note)
