"""What the catalogue holds of a person: what they keep an eye on, and who did what by number."""

from django.db.models import Q

from catalog.models import (
    Category,
    CategorySlug,
    Collection,
    CollectionPiece,
    Follow,
    Import,
    Listing,
    MakerRating,
    Page,
    PersonalField,
    Picture,
    PriceChange,
    Product,
    ProductMove,
    ProductSlug,
    Review,
    ReviewPicture,
    ReviewReport,
    ReviewVote,
    Revision,
    SavedList,
    SavedPiece,
    Stock,
    StockAlert,
    StockMovement,
    Synonym,
    Term,
    Upload,
    Variant,
    Word,
    Workload,
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
holds(
    Holding(
        model=Import,
        kind="imports",
        find=lambda person: Import.objects.filter(sent_by=person.actor).select_related("maker"),
        show=lambda row, _person: {
            "workshop": row.maker.name,
            **fields_of(row, "state", "rows_count", "rows_done", "sent_at"),
        },
        keeps="A sheet of pieces belongs to its workshop; it is forgotten after 30 days.",
    )
)
holds_nobody(Category, "A shelf.", name_en="a shelf's", name_pt="a shelf's")
holds_nobody(CategorySlug, "An old address of a shelf.")
holds_nobody(Collection, "Pieces chosen by an operator.")
holds_nobody(CollectionPiece, "A place in a collection.")
holds_nobody(Listing, "A piece as lists and searches read it.")
holds_nobody(MakerRating, "How many gave a workshop how many stars.")
holds_nobody(Page, "A page that operators wrote.")
holds_nobody(Picture, "A picture of a piece, without metadata.")
holds_nobody(PriceChange, "A price of a piece, and since when.")
holds_nobody(Product, "A piece in its workshop's words.")
holds_nobody(Product.terms.through, "What a piece is made of.")
holds_nobody(ProductMove, "What became of a piece; who did it, by number.")
holds_nobody(ProductSlug, "An old address of a piece.")
holds_nobody(Revision, "New words for a piece; who wrote and who decided, by number.")
holds_nobody(Stock, "How many there are.")
holds_nobody(StockMovement, "Why there are more or fewer.")
holds_nobody(Synonym, "Words that mean the same to a search.")
holds_nobody(Term, "A material or a colour.", name_en="a term's", name_pt="a term's")
holds_nobody(Variant, "What can be bought of a piece.")
holds_nobody(Word, "A word that pieces are described with.")

# Registered last, erased first: pieces before their list.
holds(
    Holding(
        model=SavedList,
        kind="saved_lists",
        find=lambda person: SavedList.objects.filter(user=person.user_id),
        show=lambda row, _person: {
            "is_shared": bool(row.share_key),
            **fields_of(row, "created_at"),
        },
    )
)
holds(
    Holding(
        model=SavedPiece,
        kind="saved_pieces",
        find=lambda person: SavedPiece.objects.filter(
            saved_list__user=person.user_id
        ).select_related("product"),
        show=lambda row, _person: {"piece": row.product.title, **fields_of(row, "at")},
    )
)
holds(
    Holding(
        model=Follow,
        kind="follows",
        find=lambda person: Follow.objects.filter(user=person.user_id).select_related("maker"),
        show=lambda row, _person: {
            "maker": row.maker.name,
            **fields_of(row, "wants_mail", "at"),
        },
    )
)
holds(
    Holding(
        model=StockAlert,
        kind="stock_alerts",
        find=lambda person: StockAlert.objects.filter(
            Q(user=person.user_id) | Q(email__in=person.emails)
        ).select_related("variant__product"),
        show=lambda row, _person: {
            "piece": str(row.variant),
            **fields_of(row, "email", "language", "asked_at", "told_at"),
        },
    )
)
# What was said helps others to choose: the words and stars stay, without a name; pictures go.
holds(
    Holding(
        model=Review,
        kind="reviews",
        find=lambda person: Review.objects.filter(author=person.user_id).select_related("product"),
        show=lambda row, _person: {
            "piece": row.product.title,
            **fields_of(
                row, "author_name", "stars", "maker_stars", "title", "words", "language", "state",
                "hidden_why", "written_at", "reply", "replied_at",
            ),
        },
        blanks=lambda _row, _person: {"author": None, "author_name": ""},
        keeps="The words and stars of a review stay without a name, for others to choose by.",
    )
)  # fmt: skip
holds(
    Holding(
        model=ReviewPicture,
        kind="review_pictures",
        find=lambda person: ReviewPicture.objects.filter(
            review__author=person.user_id
        ).select_related("review__product"),
        show=lambda row, _person: {
            "piece": row.review.product.title,
            **fields_of(row, "digest", "state"),
        },
    )
)
holds(
    Holding(
        model=ReviewVote,
        kind="review_votes",
        find=lambda person: ReviewVote.objects.filter(user=person.user_id).select_related(
            "review__product"
        ),
        show=lambda row, _person: {"piece": row.review.product.title, **fields_of(row, "at")},
    )
)
holds(
    Holding(
        model=ReviewReport,
        kind="review_reports",
        find=lambda person: ReviewReport.objects.filter(reporter=person.actor).select_related(
            "review__product"
        ),
        show=lambda row, _person: {
            "piece": row.review.product.title,
            **fields_of(row, "reason", "note", "at", "decided_at"),
        },
        blanks=lambda row, _person: {"reporter": f"gone:{row.pk}", "note": ""},
        keeps="That a review was reported, why, and what was decided; not by whom.",
    )
)
holds_nobody(
    PersonalField, "A question of a piece; the answers lie in lines.", extra_cents="a price"
)
holds_nobody(Workload, "How many pieces a workshop makes in a week.")
