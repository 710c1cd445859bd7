"""Who hears what happens to a deal, and where its facts lead."""

PARTIES = frozenset({"borrower", "bank"})
WITH_CORE = PARTIES | {"core"}
WITH_GUARANTOR = PARTIES | {"guarantor"}
BANK = frozenset({"bank"})
BORROWER = frozenset({"borrower"})
DEAL_PAGE = "/deals/{stream}"
DEFAULT_PAGE = "/deals/{stream}/default"
CALL_PAGE = "/deals/{stream}/margin-calls/{call_id}"
