"""The checks and fixes of wanprep as tools for agents, over the Model Context Protocol."""
