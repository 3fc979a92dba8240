"""The peer: a Scrapy spider with extruct, as its documentation would have one write it."""
import argparse

import extruct
import scrapy
from scrapy.crawler import CrawlerProcess
from scrapy.linkextractors import LinkExtractor

SYNTAXES = ["json-ld", "microdata", "opengraph"]


def schema_types(item):
    kind = item.get("@type") or item.get("type") or ""
    return {str(k).rsplit("/", 1)[-1] for k in (kind if isinstance(kind, list) else [kind])}


def things(data):
    """All objects of JSON-LD and microdata, graphs unfolded."""
    for item in data["json-ld"]:
        for inner in item.get("@graph", [item]) if isinstance(item, dict) else ():
            if isinstance(inner, dict):
                yield schema_types(inner), inner
    for item in data["microdata"]:
        yield schema_types(item), item.get("properties", {})


def first(value):
    return value[0] if isinstance(value, list) and value else value


def plain(offer):
    offer = first(offer) or {}
    return offer.get("properties", offer)


def product(url, data):
    """Name, brand, price, currency, availability, sku and pictures; None where no product is."""
    for types, item in things(data):
        if not types & {"Product", "ProductGroup"}:
            continue
        variant = first(item.get("hasVariant")) or {}
        offer = plain(item.get("offers") or variant.get("offers"))
        brand = first(item.get("brand")) or {}
        brand = brand.get("properties", brand).get("name") if isinstance(brand, dict) else brand
        return {"url": url, "name": item.get("name"), "brand": brand, "price": offer.get("price"),
                "currency": offer.get("priceCurrency"), "availability": offer.get("availability"),
                "sku": item.get("sku") or item.get("productGroupID"), "images": item.get("image")}
    for graph in data["opengraph"]:
        pairs = graph.get("properties", [])
        tags = dict(reversed(pairs))
        if tags.get("og:type") == "product":
            return {"url": url, "name": tags.get("og:title"), "brand": tags.get("product:brand"),
                    "price": tags.get("product:price:amount") or tags.get("product:sale_price:amount"),
                    "currency": tags.get("product:price:currency") or tags.get("product:sale_price:currency"),
                    "availability": tags.get("product:availability"), "sku": tags.get("product:retailer_item_id"),
                    "images": [v for k, v in pairs if k == "og:image"]}
    return None


class Shop(scrapy.Spider):
    name = "shop"

    def __init__(self, seeds, hosts, follow_all, **rest):
        super().__init__(**rest)
        self.start_urls, self.hosts, self.follow_all = seeds, hosts, follow_all
        self.links = LinkExtractor()

    def parse(self, response):
        if not isinstance(response, scrapy.http.HtmlResponse):
            return
        data = extruct.extract(response.text, base_url=response.url, syntaxes=SYNTAXES, errors="ignore")
        item = product(response.url, data)
        if item:
            yield item
        if item and not self.follow_all:
            return
        for link in self.links.extract_links(response):
            if link.url.split("/", 3)[2] in self.hosts:
                yield scrapy.Request(link.url, self.parse)


def main():
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument("--seed", action="append", required=True)
    ap.add_argument("--host", action="append", required=True, help="host:port that may be asked")
    ap.add_argument("--concurrency", type=int, default=16)
    ap.add_argument("--follow-all", action="store_true", help="follow the links of product pages too")
    ap.add_argument("--out", required=True, help="JSON Lines of products")
    arguments = ap.parse_args()
    process = CrawlerProcess({
        "USER_AGENT": "benchbot/1 (+bench@example.com)", "ROBOTSTXT_OBEY": True, "DOWNLOAD_DELAY": 0,
        "CONCURRENT_REQUESTS": arguments.concurrency * len(arguments.host),
        "CONCURRENT_REQUESTS_PER_DOMAIN": arguments.concurrency, "RETRY_ENABLED": False,
        "LOG_LEVEL": "ERROR", "TELNETCONSOLE_ENABLED": False, "COOKIES_ENABLED": False,
        "FEEDS": {arguments.out: {"format": "jsonlines", "encoding": "utf8"}}})
    process.crawl(Shop, seeds=arguments.seed, hosts=set(arguments.host), follow_all=arguments.follow_all)
    process.start()


if __name__ == "__main__":
    main()
