"""Documents, requests, agents and model servers that mean harm."""
