"""What the catalogue holds of a person: nothing but who uploaded a picture, by number."""

from catalog.models import (
    Category,
    CategorySlug,
    Collection,
    CollectionPiece,
    Page,
    Picture,
    Product,
    ProductMove,
    Revision,
    Stock,
    StockMovement,
    Upload,
    Variant,
)
from makers_market.core.privacy import Holding, fields_of, holds, holds_nobody

holds(
    Holding(
        model=Upload,
        kind="uploads",
        find=lambda person: Upload.objects.filter(uploaded_by=person.actor).select_related("maker"),
        show=lambda row, _person: {
            "workshop": row.maker.name,
            **fields_of(row, "alt_en", "alt_pt", "state", "uploaded_at"),
        },
        keeps="A picture of a piece belongs to its workshop; who uploaded it is kept by number.",
    )
)
holds_nobody(Category, "A shelf.", name_en="a shelf's", name_pt="a shelf's")
holds_nobody(CategorySlug, "An old address of a shelf.")
holds_nobody(Collection, "Pieces chosen by an operator.")
holds_nobody(CollectionPiece, "A place in a collection.")
holds_nobody(Page, "A page that operators wrote.")
holds_nobody(Picture, "A picture of a piece, without metadata.")
holds_nobody(Product, "A piece in its workshop's words.")
holds_nobody(ProductMove, "What became of a piece; who did it, by number.")
holds_nobody(Revision, "New words for a piece; who wrote and who decided, by number.")
holds_nobody(Stock, "How many there are.")
holds_nobody(StockMovement, "Why there are more or fewer.")
holds_nobody(Variant, "What can be bought of a piece.")
