"""A stand-in for SQS and the delivery Lambda's schedule: it drives the real handler."""
