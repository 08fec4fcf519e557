"""From a job to what is ordered: the request, its price, and what makes two jobs the same."""
