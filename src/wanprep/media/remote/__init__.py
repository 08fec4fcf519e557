"""Read remote files: the fewest requests that give the facts, each answer verified.

URLs come from untrusted jobs: they never lead to a private network, time and bytes are limited, and
no cookie or login is sent. The requests are made in threads of this process (`download`,
`requests`); what arrives is parsed by the readers in worker processes (`prober`).
"""
