"""What an institution watches over all its deals together: the daily collateral report."""
