import Glibc

/// An IPv4 or IPv6 address, and whether the public internet knows it.
package enum IPAddress: Hashable, Sendable {
  /// In host byte order: 127.0.0.1 is `0x7F00_0001`.
  case v4(UInt32)
  /// The first and the last 64 bits in host byte order.
  case v6(UInt64, UInt64)

  /// Reads dotted IPv4 or IPv6 text, as `inet_pton` does.
  package init?(_ text: String) {
    var v4 = in_addr()
    var v6 = in6_addr()
    if inet_pton(AF_INET, text, &v4) == 1 {
      self = .v4(UInt32(bigEndian: v4.s_addr))
    } else if inet_pton(AF_INET6, text, &v6) == 1 {
      self.init(v6)
    } else {
      return nil
    }
  }

  /// Reads a socket address of `family`; `nil` where it is neither of the two.
  init?(_ address: UnsafePointer<sockaddr>, family: Int32) {
    let raw = UnsafeRawPointer(address)
    switch family {
    case AF_INET:
      self = .v4(UInt32(bigEndian: raw.loadUnaligned(as: sockaddr_in.self).sin_addr.s_addr))
    case AF_INET6:
      self.init(raw.loadUnaligned(as: sockaddr_in6.self).sin6_addr)
    default:
      return nil
    }
  }

  private init(_ address: in6_addr) {
    self = withUnsafeBytes(of: address) {
      .v6(
        UInt64(bigEndian: $0.loadUnaligned(as: UInt64.self)),
        UInt64(bigEndian: $0.loadUnaligned(fromByteOffset: 8, as: UInt64.self)))
    }
  }

  /// Whether the address is neither loopback, private, link-local, shared (CGNAT), multicast,
  /// reserved, documentation nor a tunnel to one of these (IANA special-purpose registries,
  /// RFC 6890).
  package var isPublic: Bool {
    switch self {
    case .v4(let bits):
      return !Self.specialV4.contains { bits >> (32 - $0.length) == $0.prefix >> (32 - $0.length) }
    case .v6(let high, let low):
      if high == 0, low >> 32 == 0xFFFF {  // ::ffff:0:0/96, mapped
        return IPAddress.v4(UInt32(truncatingIfNeeded: low)).isPublic
      }
      if high == 0x0064_FF9B_0000_0000, low >> 32 == 0 {  // 64:ff9b::/96, NAT64
        return IPAddress.v4(UInt32(truncatingIfNeeded: low)).isPublic
      }
      guard high >> 61 == 1 else { return false }  // Only 2000::/3 is global unicast.
      return !Self.specialV6.contains { high >> (64 - $0.length) == $0.prefix >> (64 - $0.length) }
    }
  }

  private static let specialV4: [(prefix: UInt32, length: UInt32)] = [
    (0x0000_0000, 8),  // this network
    (0x0A00_0000, 8),  // private
    (0x6440_0000, 10),  // shared, CGNAT
    (0x7F00_0000, 8),  // loopback
    (0xA9FE_0000, 16),  // link-local, cloud metadata
    (0xAC10_0000, 12),  // private
    (0xC000_0000, 24),  // IETF protocol assignments
    (0xC000_0200, 24),  // documentation
    (0xC058_6300, 24),  // 6to4 relay
    (0xC0A8_0000, 16),  // private
    (0xC612_0000, 15),  // benchmarking
    (0xC633_6400, 24),  // documentation
    (0xCB00_7100, 24),  // documentation
    (0xE000_0000, 4),  // multicast
    (0xF000_0000, 4),  // reserved, broadcast
  ]

  private static let specialV6: [(prefix: UInt64, length: UInt64)] = [
    (0x2001_0000_0000_0000, 23),  // IETF protocol assignments, Teredo
    (0x2001_0DB8_0000_0000, 32),  // documentation
    (0x2002_0000_0000_0000, 16),  // 6to4
    (0x3FFF_0000_0000_0000, 20),  // documentation
  ]
}

extension IPAddress: CustomStringConvertible {
  package var description: String {
    var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
    switch self {
    case .v4(let bits):
      var address = in_addr(s_addr: bits.bigEndian)
      inet_ntop(AF_INET, &address, &text, socklen_t(text.count))
    case .v6(let high, let low):
      var bytes = (high.bigEndian, low.bigEndian)
      inet_ntop(AF_INET6, &bytes, &text, socklen_t(text.count))
    }
    return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
  }
}
