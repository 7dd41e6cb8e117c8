"""Stand-ins for what the shop talks to: separate processes that know nothing of the shop."""
