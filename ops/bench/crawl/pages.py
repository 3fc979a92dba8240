"""Generate the pages of a shop, as large as real ones and in the dialects that shops speak.

Of 20 products 8 are plain JSON-LD, 4 a JSON-LD @graph with a ProductGroup of colours, 5 microdata,
3 OpenGraph. A page has about 32 KB: a menu of 12 categories, inline CSS, a state script, reviews and 6
related products around what is wanted, so about 18 links. Pictures lie on a host that nobody may ask.
"""
import json
import random
from html import escape

DIALECTS = ["jsonld"] * 8 + ["graph"] * 4 + ["microdata"] * 5 + ["opengraph"] * 3
COLOURS = "ivory oat camel rust poppy blush plum ink mist teal sage olive forest graphite".split()
THINGS = "dress shirt jumper coat trousers skirt sneakers boots hat tote scarf blazer".split()
CLOTHS = "linen cotton merino denim velvet poplin twill jersey".split()
WORDS = ("soft long light wide sleeve button pocket season weather morning garden cut made river wool "
         "stitch colour wash fold house quiet simple drape collar cuff hem lining seam").split()
IMAGES = "http://images.bench.invalid"


def prose(rng, count):
    return " ".join(rng.choice(WORDS) for _ in range(count)).capitalize() + "."


class Product:
    def __init__(self, number, seed):
        rng = random.Random(f"{seed}/{number}")
        self.rng, self.number, self.dialect = rng, number, DIALECTS[number % len(DIALECTS)]
        self.colour = rng.choice(COLOURS)
        self.name = f"{rng.choice(CLOTHS).title()} {rng.choice(THINGS)} no. {number}"
        self.brand = rng.choice(["Oat & Alder", "Velour Fox", "Tarn", "Marlume", "Pellico"])
        self.price = f"{rng.randrange(1500, 39900) / 100:.2f}"
        self.currency = rng.choice(["EUR", "USD", "GBP"])
        self.in_stock = rng.random() > 0.12
        self.sku = f"B-{number:05d}"
        self.category = rng.choice(THINGS)
        self.description = prose(rng, 60)
        self.path = f"/p/{number}-{self.name.lower().replace(' ', '-').replace('.', '')}"
        self.images = [f"{IMAGES}/{number}-{i}.jpg" for i in range(1, 5)]


def offer(p):
    stock = "InStock" if p.in_stock else "OutOfStock"
    return {"@type": "Offer", "price": p.price, "priceCurrency": p.currency,
            "availability": f"https://schema.org/{stock}"}


def json_ld(data):
    return f'<script type="application/ld+json">{json.dumps(data)}</script>'


def structured(p, origin):
    """The head and the marked-up body of a product in its dialect."""
    e = escape
    gallery = "".join(f'<img src="{u}" srcset="{u}?w=320 320w, {u} 1200w" alt="{e(p.name)}">' for u in p.images)
    visible = (f'<h1>{e(p.name)}</h1><p class="brand">{e(p.brand)}</p><p class="price">{p.price} {p.currency}</p>'
               f'{gallery}<p>{e(p.description)}</p>')
    base = {"@type": "Product", "name": p.name, "description": p.description, "category": p.category,
            "brand": {"@type": "Brand", "name": p.brand}}
    if p.dialect == "jsonld":
        return json_ld({"@context": "https://schema.org", **base, "sku": p.sku, "color": p.colour,
                        "image": p.images, "offers": offer(p)}), visible
    if p.dialect == "graph":
        variants = [{"@type": "Product", "name": f"{p.name} - {c}", "sku": f"{p.sku}-{i}", "color": c,
                     "image": p.images[i], "offers": offer(p)} for i, c in enumerate(p.rng.sample(COLOURS, 3))]
        group = base | {"@type": "ProductGroup", "productGroupID": p.sku, "image": p.images,
                        "variesBy": ["https://schema.org/color"], "hasVariant": variants}
        crumbs = {"@type": "BreadcrumbList", "itemListElement": [
            {"@type": "ListItem", "position": i, "name": n, "item": origin + "/"} for i, n in
            enumerate(("Home", p.category), 1)]}
        return json_ld({"@context": "https://schema.org", "@graph": [
            {"@type": "WebSite", "url": origin + "/", "name": "Bench & Sons"}, crumbs, group]}), visible
    if p.dialect == "microdata":
        images = "".join(f'<img itemprop="image" src="{u}" alt="">' for u in p.images)
        stock = "InStock" if p.in_stock else "OutOfStock"
        return "", (
            f'<div itemscope itemtype="https://schema.org/Product"><h1 itemprop="name">{e(p.name)}</h1>'
            f'<p itemprop="brand" itemscope itemtype="https://schema.org/Brand"><span itemprop="name">{e(p.brand)}'
            f'</span></p>{images}<meta itemprop="sku" content="{p.sku}"><span itemprop="color">{p.colour}</span>'
            f'<div itemprop="offers" itemscope itemtype="https://schema.org/Offer"><span itemprop="price" '
            f'content="{p.price}">{p.price}</span><meta itemprop="priceCurrency" content="{p.currency}">'
            f'<link itemprop="availability" href="https://schema.org/{stock}"></div>'
            f'<p itemprop="description">{e(p.description)}</p></div>')
    tags = [("og:type", "product"), ("og:title", p.name), ("og:description", p.description),
            ("og:site_name", "Bench & Sons"), ("product:brand", p.brand), ("product:price:amount", p.price),
            ("product:price:currency", p.currency), ("product:retailer_item_id", p.sku),
            ("product:availability", "instock" if p.in_stock else "oos")]
    tags += [("og:image", u) for u in p.images]
    return "".join(f'<meta property="{k}" content="{e(v)}">\n' for k, v in tags), visible


def shell(rng, title, origin, path, head, body, size):
    """The page, filled up to about `size` bytes with what shops put around their products."""
    menu = "".join(f'<li class="nav-{i}"><a href="{origin}/c/{t}">{t.title()}</a>'
                   + "".join(f"<span>{c}</span>" for c in CLOTHS[:4]) + "</li>" for i, t in enumerate(THINGS))
    css = "".join(f".u{i}{{margin:{i % 9}px;padding:{i % 7}px;order:{i}}}" for i in range(120))
    page = (f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(title)} | Bench &amp; Sons'
            f'</title><link rel="canonical" href="{origin}{path}"><style>{css}</style>{head}</head>\n<body>'
            f'<header><nav><ul>{menu}</ul></nav></header>\n<main>{body}</main>\n')
    state = json.dumps({"cart": [], "flags": {f"exp_{i}": bool(rng.randrange(2)) for i in range(60)},
                        "texts": [prose(rng, 12) for _ in range(20)]})
    page += f"<script>window.__STATE__ = {state};</script>\n"
    while len(page) < size - 60:
        page += (f'<article class="review u{rng.randrange(120)}"><h3>{prose(rng, 4)}</h3><div class="stars s4">'
                 f'<span></span><span></span></div><p>{prose(rng, 40)}</p></article>\n')
    return page + "<footer>Bench &amp; Sons</footer></body></html>\n"


def build(count, origin, seed=1, size=32_000, per_page=50):
    """All files of the shop: path (with query) to media type and text; and the truth of its products."""
    products = [Product(n, seed) for n in range(1, count + 1)]
    files, truth = {}, {}
    for p in products:
        head, body = structured(p, origin)
        near = random.Random(f"{seed}/near/{p.number}").sample(products, min(6, count))
        body += "<aside>" + "".join(f'<a href="{origin}{r.path}">{escape(r.name)}</a> ' for r in near) + "</aside>"
        files[p.path] = ("text/html; charset=utf-8", shell(p.rng, p.name, origin, p.path, head, body, size))
        truth[origin + p.path] = {"name": p.name, "price": p.price, "currency": p.currency}
    pages = -(-count // per_page)
    for n in range(1, pages + 1):
        here = "/" if n == 1 else f"/?page={n}"
        cards = "".join(f'<li class="card"><a href="{origin}{p.path}">{escape(p.name)}</a> <span>{p.price}</span></li>'
                        for p in products[(n - 1) * per_page:n * per_page])
        more = f'<a rel="next" href="{origin}/?page={n + 1}">next</a>' if n < pages else ""
        body = f'<h1>Everything</h1><ul class="grid">{cards}</ul>{more}'
        files[here] = ("text/html; charset=utf-8", shell(random.Random(n), "Everything", origin, here, "", body, size))
    for thing in THINGS:
        cards = "".join(f'<li class="card"><a href="{origin}{p.path}">{escape(p.name)}</a></li>'
                        for p in products if p.category == thing)
        here, body = f"/c/{thing}", f'<h1>{thing.title()}</h1><ul class="grid">{cards}</ul>'
        files[here] = ("text/html; charset=utf-8", shell(random.Random(thing), thing, origin, here, "", body, size))
    files["/robots.txt"] = ("text/plain", "User-agent: *\nDisallow: /cart\n")
    return files, truth
