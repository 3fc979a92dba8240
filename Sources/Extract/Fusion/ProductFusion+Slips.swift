import Catalog

/// Prices of data whose point is missing or wrong, told by the amount that the page shows.
extension ProductFusion {
  /// What a price of data should have been multiplied with.
  private enum Slip {
    /// `{"price": 4950}` beside `49.50`: whole hundredths.
    case hundredths
    /// `"price": "1.299"` beside `1.299,00 €`: the point groups thousands.
    case thousands

    func meant(by fact: PriceFact) -> Amount? {
      let digits = fact.amount.tenThousandths
      switch self {
      case .hundredths:
        guard fact.decimals == 0, digits >= 1_000_000 else { return nil }
        return Amount(tenThousandths: digits / 100)
      case .thousands:
        guard (1...3).contains(fact.decimals ?? 0), digits > 0, digits < 10_000_000 else {
          return nil
        }
        return Amount(tenThousandths: digits * 1_000)
      }
    }

    func mend(_ fact: inout PriceFact?) {
      if let amount = fact.flatMap(meant) { fact?.amount = amount }
    }
  }

  /// Mends the prices of each reading of data whose own price slipped; three decimals that no seen
  /// amount explains are a guess.
  mutating func mendSlips() {
    var seen: [Amount] = []
    var shown: String?
    if let visible, readings[visible].priceScore >= 40 {
      seen = [readings[visible].price?.amount, readings[visible].listPrice?.amount]
        .compactMap(\.self)
      shown = readings[visible].price?.currency
    }
    for index in readings.indices
    where readings[index].syntax != .visible && readings[index].syntax != .recipe {
      guard let price = readings[index].price, !seen.contains(price.amount) else { continue }
      // ¥1250 and $12.50 beside each other are two prices.
      let isSameMoney = price.currency == nil || shown == nil || price.currency == shown
      let slip = [Slip.hundredths, .thousands].first { slip in
        isSameMoney && slip.meant(by: price).map(seen.contains) ?? false
      }
      if let slip {
        mend(slip, in: &readings[index])
      } else if price.decimals == 3, price.amount.tenThousandths >= 10_000,
        price.currency.map({ CurrencySymbols.digits($0) < 3 }) ?? true
      {
        readings[index].price?.isDoubtful = true
      }
    }
  }

  private func mend(_ slip: Slip, in reading: inout ProductReading) {
    slip.mend(&reading.price)
    slip.mend(&reading.listPrice)
    for place in reading.otherPrices.indices {
      if let amount = slip.meant(by: reading.otherPrices[place]) {
        reading.otherPrices[place].amount = amount
      }
    }
    for variant in reading.variants.indices {
      slip.mend(&reading.variants[variant].price)
      slip.mend(&reading.variants[variant].listPrice)
    }
  }
}

extension PriceFact {
  /// How many digits stand behind the only point, 0 where there is no point; `nil` where the raw
  /// text has other marks or commas.
  fileprivate var decimals: Int? {
    var decimals = 0
    var points = 0
    for byte in raw.utf8 {
      if byte == 0x2E {
        points += 1
      } else if byte == 0x2C || points > 1 {
        return nil
      } else if points == 1 {
        guard Bytes.isDigit(byte) else { return nil }
        decimals += 1
      }
    }
    return points > 1 ? nil : decimals
  }
}
