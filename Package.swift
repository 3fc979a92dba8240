// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  // Tests run with the checks of overlapping access; a release is spared them.
  .unsafeFlags(["-enforce-exclusivity=unchecked"], .when(configuration: .release)),
]

/// A system library of Debian; `make setup` installs the package that `apt` names.
func system(_ name: String, pkgConfig: String, apt: String) -> Target {
  .systemLibrary(
    name: name, path: "Sources/Shims/\(name)", pkgConfig: pkgConfig, providers: [.apt([apt])])
}

func target(
  _ name: String, _ dependencies: [Target.Dependency], resources: [Resource] = [],
  exclude: [String] = [], path: String? = nil
) -> Target {
  .target(
    name: name, dependencies: dependencies, path: path ?? "Sources/\(name)", exclude: exclude,
    resources: resources, swiftSettings: strict)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], resources: [Resource] = [])
  -> Target
{
  .testTarget(
    name: "\(name)Tests", dependencies: dependencies, resources: resources, swiftSettings: strict)
}

let grdb: Target.Dependency = .product(name: "GRDB", package: "GRDB.swift")
let sqlite: Target.Dependency = .product(name: "GRDBSQLite", package: "GRDB.swift")
let hummingbird: Target.Dependency = .product(name: "Hummingbird", package: "hummingbird")
let hummingbirdCore: Target.Dependency = .product(
  name: "HummingbirdCore", package: "hummingbird")
let yams: Target.Dependency = .product(name: "Yams", package: "Yams")
let log: Target.Dependency = .product(name: "Logging", package: "swift-log")
let arguments: Target.Dependency = .product(
  name: "ArgumentParser", package: "swift-argument-parser")

let package = Package(
  name: "vitrine",
  products: [.executable(name: "vitrine", targets: ["vitrine"])],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    .package(
      url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1",
      traits: ["FullFoundation"]),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
  ],
  targets: [
    // From the top of the house to its foundation: a target imports only what stands below it.
    .executableTarget(
      name: "vitrine",
      dependencies: [
        "Server", "Pipeline", "Crawl", "Extract", "Vision", "VectorSearch", "Storage", "Transport",
        "Catalog", arguments, log, yams, hummingbird,
      ],
      swiftSettings: strict),
    target(
      "Server",
      [
        "VectorSearch", "Vision", "Storage", "Catalog", "CWebAssets", hummingbird, hummingbirdCore,
        log,
      ], exclude: ["Web"]),
    target(
      "Pipeline", ["Crawl", "Extract", "Vision", "VectorSearch", "Storage", "Catalog", log]),
    target("Crawl", ["Transport", "Storage", "Catalog", log]),
    target("Extract", ["Catalog", "CXML2", "CKernels", yams]),
    target(
      "Vision",
      ["Catalog", "CTurboJPEG", "CPNG", "CWebP", "CAVIF", "COpenVINO", "CKernels", yams]),
    target("VectorSearch", ["CKernels"]),
    target("Storage", ["Schema", "Catalog", "CZstd", grdb, sqlite]),
    target(
      "Schema", [], resources: [.embedInCode("Migrations")], path: "storage"),
    target("Transport", ["Catalog", "CCurl"]),
    target("Catalog", []),

    system("CCurl", pkgConfig: "libcurl", apt: "libcurl4-openssl-dev"),
    system("CXML2", pkgConfig: "libxml-2.0", apt: "libxml2-dev"),
    system("CTurboJPEG", pkgConfig: "libturbojpeg", apt: "libturbojpeg0-dev"),
    system("CPNG", pkgConfig: "libpng", apt: "libpng-dev"),
    system("CWebP", pkgConfig: "libwebp", apt: "libwebp-dev"),
    system("CAVIF", pkgConfig: "libavif", apt: "libavif-dev"),
    system("CZstd", pkgConfig: "libzstd", apt: "libzstd-dev"),
    .target(name: "COpenVINO", path: "Sources/Shims/COpenVINO"),
    .target(
      name: "CKernels", path: "Sources/Shims/CKernels", cSettings: [.unsafeFlags(["-O3"])]),
    .target(name: "CWebAssets", path: "Sources/Server/Web"),

    .executableTarget(
      name: "bench-index", dependencies: ["VectorSearch", "CKernels"], path: "ops/bench/index",
      exclude: [
        "README.md", "bench.py", "growth.py", "large.py", "live.py", "mixtures.py", "peers.py",
      ],
      swiftSettings: strict),
    .executableTarget(
      name: "bench-extract", dependencies: ["Extract", "Catalog", "CXML2"],
      path: "ops/bench/extract", exclude: ["accuracy.py", "bench.py", "peer.py", "run.sh"],
      swiftSettings: strict),
    .executableTarget(
      name: "bench-duplicates", dependencies: ["Vision", "Catalog"],
      path: "ops/bench/vision/duplicates", swiftSettings: strict),
    .executableTarget(
      name: "bench-embedding", dependencies: ["Vision"], path: "ops/bench/vision/embedding",
      swiftSettings: strict),
    .executableTarget(
      name: "bench-retrieval", dependencies: ["Vision"], path: "ops/bench/vision/retrieval",
      swiftSettings: strict),
    .executableTarget(
      name: "fuzz", dependencies: ["Extract", "Vision", "Catalog"], path: "ops/fuzz",
      exclude: ["run.sh", "seeds"], swiftSettings: strict),

    target("Support", ["Catalog"], path: "Tests/Support"),
    tests("Catalog", ["Catalog", "Support"]),
    tests("Transport", ["Transport", "Catalog", "Support"]),
    tests("Storage", ["Storage", "Schema", "Catalog", "Support", grdb]),
    tests("VectorSearch", ["VectorSearch", "Support"]),
    tests("Vision", ["Vision", "Catalog", "Support"]),
    tests("Extract", ["Extract", "Catalog", "CKernels", "Support"]),
    tests("Crawl", ["Crawl", "Transport", "Storage", "Catalog", "Support"]),
    tests(
      "Pipeline",
      [
        "Pipeline", "Crawl", "Extract", "Vision", "VectorSearch", "Storage", "Transport", "Catalog",
        "Support",
      ]),
    tests(
      "vitrine", ["vitrine", "Pipeline", "Crawl", "Storage", "Schema", "Catalog", "Support", grdb]),
    tests("Server", ["Server", "VectorSearch", "Vision", "Storage", "Catalog", "Support"]),
  ],
  swiftLanguageModes: [.v6]
)
