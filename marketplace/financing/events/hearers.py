"""Who hears what happens to a deal, and where its facts lead."""

PARTIES = frozenset({"borrower", "bank"})
WITH_CORE = PARTIES | {"core"}
BANK = frozenset({"bank"})
BORROWER = frozenset({"borrower"})
DEAL_PAGE = "/deals/{stream}"
CALL_PAGE = "/deals/{stream}/margin-calls/{call_id}"
