"""How large a picture may be, for the door that reads its header and for the decoder alike."""

# 64 megapixels: what phones make of 50 fits.
PIXELS_MAX = 64_000_000
SIDE_MAX = 16_000
