import Catalog

/// What shops call the first link of a trail, which is no category.
enum HomeWords {
  static func isHome(_ text: String, context: PageContext) -> Bool {
    text.lowercased().utf8.withContiguousStorageIfAvailable { words.contains($0) } ?? false
      || TitleText.isHostName(text, context.url.host)
  }

  private static let words = WordSet([
    "home", "homepage", "home page", "start", "startseite", "accueil", "page d'accueil", "inicio",
    "página de inicio", "início", "página inicial", "pagina iniziale", "hoofdpagina", "startpagina",
    "hem", "startsida", "forside", "forsiden", "hjem", "etusivu", "strona główna", "domů", "úvod",
    "domov", "főoldal", "kezdőlap", "acasă", "acasa", "početna", "naslovnica", "главная",
    "головна", "начало", "αρχική", "ana sayfa", "anasayfa", "בית", "דף הבית", "الرئيسية",
    "startside", "página principal", "početak", "začetna stran", "sākums", "pradžia", "avaleht",
    "ראשי",
    "خانه", "ホーム", "トップ", "トップページ", "首页", "首頁", "主页", "홈", "trang chủ", "หน้าแรก", "beranda",
  ])
}
