/// The catalog's schema as numbered migrations in SQL, oldest first.
///
/// A migration that has been released is never edited: the next change is the next number.
package enum Schema {
  package static var migrations: [(name: String, sql: String)] {
    [
      ("v0001_catalog", PackageResources.v0001_catalog_sql),
      ("v0002_fill", PackageResources.v0002_fill_sql),
      ("v0003_listed", PackageResources.v0003_listed_sql),
      ("v0004_model", PackageResources.v0004_model_sql),
      ("v0005_traits", PackageResources.v0005_traits_sql),
      ("v0006_looks_like", PackageResources.v0006_looks_like_sql),
      ("v0007_boxes", PackageResources.v0007_boxes_sql),
      ("v0008_seen", PackageResources.v0008_seen_sql),
      ("v0009_unusable", PackageResources.v0009_unusable_sql),
      ("v0010_judgements", PackageResources.v0010_judgements_sql),
      ("v0011_scope", PackageResources.v0011_scope_sql),
    ].map { ($0, String(decoding: $1, as: UTF8.self)) }
  }
}
