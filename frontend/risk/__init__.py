"""What an institution watches over all its deals together: pages, papers and calls."""
