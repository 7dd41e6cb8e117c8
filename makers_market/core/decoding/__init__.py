"""Looks into pictures that people sent, in a process of its own that can do nothing else.

Nothing of the shop is imported here, and nothing but `core.decoder` starts it: a decoder that is
taken over by the file it reads finds no secrets, no files, no network, and little memory and time.
"""
