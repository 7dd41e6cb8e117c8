"""The outside world of the shop on one machine; production images do not contain it."""
