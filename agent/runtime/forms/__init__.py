"""Decision forms: what a role may write next, read off the request, the replies and the tools.

No model is asked here; `agent.backends.local.grammar` makes grammars of it.
"""
