/// Element and attribute names that a reader asks for, compared as numbers.
///
/// A capital stands for a hyphen and the letter in lower case: `dataSrc` is `data-src`. Names that a
/// document has beyond these get numbers of its own, from `Name.count` on.
enum Name: UInt16, CaseIterable {
  // Elements.
  case a, abbr, address, area, article, aside, audio, b, base, blockquote, body, br, button, canvas
  case caption, center, dd, del, details, dialog, div, dl, dt, em, embed, fieldset, figcaption
  case figure, font, footer, form, frame, h1, h2, h3, h4, h5, h6, head, header, hr, html, i, iframe
  case img, input, ins, label, legend, li, link, main, map, menu, meta, nav, noscript, object, ol
  case optgroup, option, p, picture, pre, s, script, section, select, small, source, span, strike
  case strong, style, sub, summary, sup, svg, table, tbody, td, template, textarea, tfoot, th, thead
  case time, title, tr, u, ul, video
  // Elements that only the tree's rules ask for.
  case applet, basefont, bgsound, big, code, col, colgroup, data, desc, dir, foreignobject
  case frameset, hgroup, keygen, listing, marquee, math, nobr, noembed, noframes, param, plaintext,
    search, tt
  case track, wbr, xmp
  // Attributes.
  case alt, ariaLabel, charset, `class`, content, datetime, disabled, height, hidden, href, hreflang
  case httpEquiv, id, itemid, itemprop, itemref, itemscope, itemtype, lang, loading, media, name
  case prefix, property, rel, resource, role, sizes, src, srcset, type, typeof, value, vocab, width
  case about, datatype, poster, selected, checked, xmlLang
  // Lazy pictures, in the words of the common scripts.
  case dataSrc, dataSrcset, dataLazySrc, dataLazySrcset, dataOriginal, dataLazy, dataZoomImage
  case dataLargeImage, dataZoom, dataImage, dataFull, dataHref, dataUrl, dataBg, dataBackground
  case dataOriginalSrc, dataHires, dataHighres, dataOldHires, dataLarge, dataZoomSrc, dataDefer
  case dataLazyload, dataEcho, dataFlickityLazyload, dataImgSrc, dataDesktopSrc, dataMagnify
  case dataFullsize, dataZoomUrl, dataMasterImage, dataLargeimg, dataImg, dataThumb, dataImageSrc
  case dataSku, dataProductId, dataPrice, dataColor, dataColour, dataGtin, dataEan, dataBrand
  case dataProduct, dataProductSku, dataProductName, dataProductPrice, dataProductBrand
  case dataTestid, dataQa, dataTest, dataHook, dataAutoId, dataCsaCType
  case dataNuxtData, dataPage, dataProductVariations, dataCurrency, dataVariant, dataVariants,
    dataAvailability, dataStock, dataName,
    dataAsin, dataPid
  // Properties of components.
  case dataProductJson, dataReactProps, dataProps, dataInitialState, vueProduct, wireSnapshot, props
  case dataAADynamicImage = 400
  // XML.
  case urlset, sitemapindex, sitemap, url, loc, lastmod, imageImage, imageLoc, rss, channel, item
  case feed, entry, pubDate, guid, updated, published, enclosure

  static let count: UInt16 = 512

  /// The name as it stands in markup.
  var text: String {
    switch self {
    case .dataAADynamicImage: return "data-a-dynamic-image"
    case .dataProductVariations: return "data-product_variations"
    case .vueProduct: return ":product"
    case .wireSnapshot: return "wire:snapshot"
    case .imageImage: return "image:image"
    case .imageLoc: return "image:loc"
    case .xmlLang: return "xml:lang"
    case .pubDate: return "pubDate"
    default: break
    }
    var text = ""
    for letter in "\(self)".unicodeScalars {
      if ("A"..."Z").contains(letter) {
        text.unicodeScalars.append("-")
        text.unicodeScalars.append(Unicode.Scalar(letter.value + 32)!)
      } else {
        text.unicodeScalars.append(letter)
      }
    }
    return text
  }

  /// Number to markup.
  static let texts: [String] = {
    var texts = [String](repeating: "", count: Int(count))
    for name in Name.allCases { texts[Int(name.rawValue)] = name.text }
    return texts
  }()
}
