"""A stand-in for Resend: the part of its API that sends mail, and an inbox to read it in."""
