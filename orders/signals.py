"""Facts of orders; each is sent inside the transaction that makes it true, and carries ids."""

from django.dispatch import Signal

# told when an order was placed and its pieces are held; carries order_id
order_placed = Signal()
# told when an order's money has arrived and its pieces are sold; carries order_id
order_paid = Signal()
# told when money came for pieces that were sold meanwhile; carries order_id
order_unfillable = Signal()
# told when a maker has posted a parcel; carries shipment_id
shipment_shipped = Signal()
# told when a parcel reached the shopper; carries shipment_id
shipment_delivered = Signal()
# told when a paid parcel will not be sent; carries shipment_id
shipment_cancelled = Signal()
