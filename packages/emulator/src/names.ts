import { mix } from './random.js'

/** A name as the directory shows it, and the letters its owner signs in with. */
export interface PersonName {
  readonly displayName: string
  readonly alias: string
}

interface NameStock {
  /** Which of the two names is written first. */
  readonly order: 'given-first' | 'family-first'
  /** `shown|typed`; without a bar the two are the same. */
  readonly given: readonly string[]
  readonly family: readonly string[]
}

const stocks: readonly NameStock[] = [
  {
    order: 'given-first',
    given: 'Amelia Jacob Priscilla Marcus Olivia Desmond Hannah Theodore'.split(' '),
    family: 'Whitfield Okonjo Marlow Penhaligon Ashby Carrington O’Shea|oshea Fairbanks'.split(' '),
  },
  {
    order: 'given-first',
    given: 'Lena Jürgen|juergen Friederike Matthias Anneliese Björn|bjoern Käthe|kaethe Ulrich'.split(' '),
    family:
      'Brandstätter|brandstaetter Müller|mueller Hofmeister Groß|gross Lindner Schäfer|schaefer Vogelsang Krüger|krueger'.split(
        ' ',
      ),
  },
  {
    order: 'given-first',
    given:
      'Zoé|zoe François|francois Maëlle|maelle Thibault Hélène|helene Gérard|gerard Aurélie|aurelie Benoît|benoit'.split(
        ' ',
      ),
    family: 'Lefèvre|lefevre Moreau Dubois Garçon|garcon Chastaing Béranger|beranger Roussel Vasseur'.split(' '),
  },
  {
    order: 'given-first',
    given: 'Íñigo|inigo Lucía|lucia Joaquín|joaquin Ximena Andrés|andres Begoña|begona Tomás|tomas Itziar'.split(' '),
    family:
      'Muñoz|munoz Echeverría|echeverria Peñalver|penalver Domínguez|dominguez Castaño|castano Ibáñez|ibanez Roldán|roldan Zúñiga|zuniga'.split(
        ' ',
      ),
  },
  {
    order: 'given-first',
    given: 'João|joao Conceição|conceicao Rui Inês|ines Tiago Luísa|luisa Caetano Beatriz'.split(' '),
    family:
      'Magalhães|magalhaes Gonçalves|goncalves Antunes Simões|simoes Teixeira Leitão|leitao Falcão|falcao Queirós|queiros'.split(
        ' ',
      ),
  },
  {
    order: 'given-first',
    given:
      'Łukasz|lukasz Małgorzata|malgorzata Zbigniew Agnieszka Stanisław|stanislaw Bożena|bozena Wojciech Żaneta|zaneta'.split(
        ' ',
      ),
    family:
      'Wiśniewski|wisniewski Dąbrowska|dabrowska Kowalczyk Zając|zajac Grzyb Wójcik|wojcik Szczęsny|szczesny Pawlak'.split(
        ' ',
      ),
  },
  {
    order: 'given-first',
    given: 'Šárka|sarka Ondřej|ondrej Květa|kveta Jiří|jiri Ľubica|lubica Tomáš|tomas Zdeňka|zdenka Matěj|matej'.split(
      ' ',
    ),
    family:
      'Dvořák|dvorak Nováček|novacek Procházka|prochazka Hruška|hruska Černý|cerny Svobodník|svobodnik Kučera|kucera Říha|riha'.split(
        ' ',
      ),
  },
  {
    order: 'given-first',
    given: 'Åsa|asa Sørén|soren Ingeborg Håkon|hakon Mårten|marten Bjørg|bjorg Þórdís|thordis Väinö|vaino'.split(' '),
    family:
      'Sjöström|sjostrom Nørgaard|norgaard Ekström|ekstrom Østergård|ostergaard Virtanen Lindqvist Guðmundsson|gudmundsson Hämäläinen|hamalainen'.split(
        ' ',
      ),
  },
  {
    order: 'given-first',
    given: 'Çağla|cagla Emre İpek|ipek Oğuz|oguz Gülşen|gulsen Barış|baris Yıldız|yildiz Umut'.split(' '),
    family: 'Yılmaz|yilmaz Öztürk|ozturk Şahin|sahin Çelik|celik Kılıç|kilic Aydın|aydin Güneş|gunes Doğan|dogan'.split(
      ' ',
    ),
  },
  {
    order: 'given-first',
    given:
      'Дмитро|dmytro Оксана|oksana Алексей|aleksei Светлана|svetlana Мирослав|myroslav Юлія|yuliia Борис|boris Наталья|natalya'.split(
        ' ',
      ),
    family:
      'Шевченко|shevchenko Ковальчук|kovalchuk Бондаренко|bondarenko Мельник|melnyk Лысенко|lysenko Кравець|kravets Гончар|honchar Ткаченко|tkachenko'.split(
        ' ',
      ),
  },
  {
    order: 'given-first',
    given:
      'Ελένη|eleni Γιώργος|giorgos Αθηνά|athina Νίκος|nikos Δήμητρα|dimitra Στέλιος|stelios Ιωάννα|ioanna Σπύρος|spyros'.split(
        ' ',
      ),
    family:
      'Παπαδάκης|papadakis Νικολάου|nikolaou Αντωνίου|antoniou Γεωργίου|georgiou Καραμάνος|karamanos Βλάχος|vlachos Οικονόμου|oikonomou Δήμου|dimou'.split(
        ' ',
      ),
  },
  {
    order: 'given-first',
    given: 'ليلى|layla يوسف|yousef مريم|maryam خالد|khaled نورة|noura طارق|tareq سلمى|salma عمر|omar'.split(' '),
    family:
      'الحداد|alhaddad منصور|mansour الشريف|alsharif قاسم|qasim الخطيب|alkhatib درويش|darwish النجار|alnajjar صالح|saleh'.split(
        ' ',
      ),
  },
  {
    order: 'given-first',
    given: 'נועה|noa איתן|eitan תמר|tamar יונתן|yonatan שירה|shira אורי|uri מיכל|michal גיל|gil'.split(' '),
    family: 'לוי|levi פרידמן|friedman ביטון|biton אברהמי|avrahami שגב|segev גולן|golan מזרחי|mizrahi ברק|barak'.split(
      ' ',
    ),
  },
  {
    order: 'given-first',
    given: 'आरव|aarav प्रिया|priya रोहन|rohan अनन्या|ananya विवेक|vivek मीरा|meera अर्जुन|arjun कविता|kavita'.split(' '),
    family: 'शर्मा|sharma पटेल|patel अय्यर|iyer कुलकर्णी|kulkarni सिंह|singh नायर|nair चौधरी|chaudhary गुप्ता|gupta'.split(' '),
  },
  {
    order: 'given-first',
    given: 'สมชาย|somchai กัญญา|kanya ธนพล|thanaphon มาลี|malee ปิยะ|piya อรุณ|arun วิภา|wipha ชัยวัฒน์|chaiwat'.split(' '),
    family:
      'ศรีสุข|srisuk วงศ์ไทย|wongthai แก้วมณี|kaewmanee จันทร์เพ็ญ|chanpen บุญมี|bunmee ทองดี|thongdee รัตนกุล|rattanakul สุวรรณ|suwan'.split(
        ' ',
      ),
  },
  {
    order: 'family-first',
    given: '健太|kenta 美咲|misaki 大輔|daisuke さくら|sakura 翔|sho 陽子|yoko 直樹|naoki 千尋|chihiro'.split(' '),
    family:
      '佐藤|sato 渡辺|watanabe 小林|kobayashi 中村|nakamura 山口|yamaguchi 松本|matsumoto 斎藤|saito 長谷川|hasegawa'.split(
        ' ',
      ),
  },
  {
    order: 'family-first',
    given: '秀英|xiuying 伟|wei 晓明|xiaoming 丽|li 建国|jianguo 雨桐|yutong 浩然|haoran 静怡|jingyi'.split(' '),
    family: '王|wang 欧阳|ouyang 陈|chen 赵|zhao 诸葛|zhuge 林|lin 黄|huang 郑|zheng'.split(' '),
  },
  {
    order: 'family-first',
    given: '민준|minjun 서연|seoyeon 지훈|jihun 하은|haeun 도윤|doyun 수빈|subin 예준|yejun 지우|jiwoo'.split(' '),
    family: '김|kim 박|park 최|choi 정|jung 한|han 오|oh 남궁|namgung 윤|yoon'.split(' '),
  },
  {
    order: 'given-first',
    given: 'Chinwe Kwabena Thandiwe Olúfẹ́mi|olufemi Zanele Tendai Amara Sipho'.split(' '),
    family: 'Nwosu Mensah Dlamini Adébáyò|adebayo Mthembu Chikwanha Eze Boateng'.split(' '),
  },
  {
    order: 'family-first',
    given: 'Thị-Hương|huong Minh Đức|duc Lan-Anh|lananh Quốc|quoc Bảo-Ngọc|baongoc Hải|hai Tuyết|tuyet'.split(' '),
    family: 'Nguyễn|nguyen Trần|tran Lê|le Phạm|pham Đặng|dang Hoàng|hoang Bùi|bui Võ|vo'.split(' '),
  },
]

const namesPerStock = 8 * 8
const distinctNames = stocks.length * namesPerStock
// Prime to the number of names, so that walking by it meets each of them once before any comes again.
const stride = 7919

/**
 * The name of the `ordinal`-th person of a seed. Names come again after all of them have been used; the alias then gets a number, as
 * a directory would do it.
 */
export function personName(seed: number, ordinal: number): PersonName {
  const place = (mix(seed, 21) + ordinal * stride) % distinctNames
  const round = Math.floor(ordinal / distinctNames)
  const stock = stocks[place % stocks.length]
  const within = Math.floor(place / stocks.length)
  const [given, givenAlias] = spellings(stock?.given[within % 8])
  const [family, familyAlias] = spellings(stock?.family[Math.floor(within / 8) % 8])
  const displayName = joined(stock?.order ?? 'given-first', given, family)
  return { displayName, alias: `${givenAlias}.${familyAlias}${round === 0 ? '' : String(round + 1)}`.toLowerCase() }
}

function joined(order: NameStock['order'], given: string, family: string): string {
  if (order === 'given-first') return `${given} ${family}`
  // Written without a space where the script does so.
  return /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Hangul}]/u.test(family)
    ? `${family}${given}`
    : `${family} ${given}`
}

function spellings(entry = ''): [shown: string, typed: string] {
  const [shown = '', typed = shown] = entry.split('|')
  return [shown, typed]
}

/**
 * Names of people that break naive code: markup, a formula, separators and line ends, a direction override with an emoji that is
 * several code points, a leading space with half of a surrogate pair. Each stays a name that a directory could hold.
 */
export const awkwardPeople: readonly PersonName[] = [
  { displayName: "Robert <script>alert('tables')</script>", alias: 'robert.tables' },
  { displayName: "=cmd|' /C calc'!A0", alias: 'formula.person' },
  { displayName: 'O"Brien; Conan, Jr.\r\nSecond line', alias: 'conan.obrien' },
  { displayName: 'Ada \u202Egnp.exe\u202C 👩🏽‍💻', alias: 'ada.override' },
  { displayName: ' Leading \uD83D space', alias: 'leading.space' },
]

/** Names of tokens that break naive code; all of them belong to one person. */
export const awkwardTokens: readonly string[] = [
  '',
  '</script><img src=x onerror=alert(1)>',
  '@SUM(1+1)*cmd|calc',
  '+1234567890',
  '-2+3',
  '\tstarts with a tab',
  '＝全角',
  'semi;colon, "quoted" \'single\' `back`',
  'line one\nline two\r\nline three',
  'zero\u200Bwidth\u200Djoiner',
  'null\u0000and vertical\u000Btab and \uFFFE',
  '_x0041_ looks like an escape',
  'half a pair \uDC4D',
  '\u202Ereversed\u202C',
  '🧑‍🤝‍🧑 🏳️‍🌈 𝕌𝕟𝕚𝕔𝕠𝕕𝕖',
  'long '.repeat(2000),
]
