//! Lists of identifiers that the specification leaves to the implementation: which locales, collations and currencies
//! there are. The locale data itself is in ICU4X.

use std::sync::LazyLock;

/// Locales with data, sorted: every language, and with script and region where the data differs.
static LOCALE_TEXT: &str = "\
    af af-NA af-ZA ak ak-GH am am-ET ar ar-001 ar-AE ar-BH ar-DJ ar-DZ ar-EG ar-EH ar-ER ar-IL ar-IQ ar-JO \
    ar-KM ar-KW ar-LB ar-LY ar-MA ar-MR ar-OM ar-PS ar-QA ar-SA ar-SD ar-SO ar-SS ar-SY ar-TD ar-TN ar-YE as \
    as-IN ast ast-ES az az-AZ az-Latn az-Latn-AZ ba ba-RU be be-BY bg bg-BG bgc bgc-IN bho bho-IN blo blo-BJ \
    bn bn-BD bn-IN br br-FR brx brx-IN bs bs-BA bs-Cyrl bs-Cyrl-BA bs-Latn bs-Latn-BA bua bua-RU ca ca-AD \
    ca-ES ca-FR ca-IT ceb ceb-PH chr chr-US ckb ckb-IQ ckb-IR cs cs-CZ csw csw-CA cv cv-RU cy cy-GB da da-DK \
    da-GL de de-AT de-BE de-CH de-DE de-IT de-LI de-LU doi doi-IN dsb dsb-DE ee ee-GH ee-TG el el-CY el-GR \
    en en-001 en-150 en-AE en-AG en-AI en-AS en-AT en-AU en-BB en-BE en-BI en-BM en-BS en-BW en-BZ en-CA \
    en-CC en-CH en-CK en-CM en-CX en-CY en-CZ en-DE en-DG en-DK en-DM en-EE en-ER en-ES en-FI en-FJ en-FK \
    en-FM en-FR en-GB en-GD en-GE en-GG en-GH en-GI en-GM en-GS en-GU en-GY en-HK en-HU en-ID en-IE en-IL \
    en-IM en-IN en-IO en-IT en-JE en-JM en-JP en-KE en-KI en-KN en-KY en-LC en-LR en-LS en-LT en-LV en-MG \
    en-MH en-MO en-MP en-MS en-MT en-MU en-MV en-MW en-MY en-NA en-NF en-NG en-NL en-NO en-NR en-NU en-NZ \
    en-PG en-PH en-PK en-PL en-PN en-PR en-PT en-PW en-RO en-RW en-SB en-SC en-SD en-SE en-SG en-SH en-SI \
    en-SK en-SL en-SS en-SX en-SZ en-TC en-TK en-TO en-TT en-TV en-TZ en-UA en-UG en-UM en-US en-VC en-VG \
    en-VI en-VU en-WS en-ZA en-ZM en-ZW eo eo-001 es es-419 es-AR es-BO es-BR es-BZ es-CL es-CO es-CR es-CU \
    es-DO es-EA es-EC es-ES es-GQ es-GT es-HN es-IC es-MX es-NI es-PA es-PE es-PH es-PR es-PY es-SV es-US \
    es-UY es-VE et et-EE eu eu-ES fa fa-AF fa-IR ff-Adlm ff-Adlm-BF ff-Adlm-CM ff-Adlm-GH ff-Adlm-GM \
    ff-Adlm-GN ff-Adlm-GW ff-Adlm-LR ff-Adlm-MR ff-Adlm-NE ff-Adlm-NG ff-Adlm-SL ff-Adlm-SN fi fi-FI fil \
    fil-PH fo fo-DK fo-FO fr fr-BE fr-BF fr-BI fr-BJ fr-BL fr-CA fr-CD fr-CF fr-CG fr-CH fr-CI fr-CM fr-DJ \
    fr-DZ fr-FR fr-GA fr-GF fr-GN fr-GP fr-GQ fr-HT fr-KM fr-LU fr-MA fr-MC fr-MF fr-MG fr-ML fr-MQ fr-MR \
    fr-MU fr-NC fr-NE fr-PF fr-PM fr-RE fr-RW fr-SC fr-SN fr-SY fr-TD fr-TG fr-TN fr-VU fr-WF fr-YT fy fy-NL \
    ga ga-GB ga-IE gaa gaa-GH gd gd-GB gl gl-ES gu gu-IN ha ha-GH ha-NE ha-NG he he-IL hi hi-IN hi-Latn \
    hi-Latn-IN hr hr-BA hr-HR hsb hsb-DE hu hu-HU hy hy-AM ia ia-001 id id-ID ie ie-EE ig ig-NG ii ii-CN is \
    is-IS it it-CH it-IT it-SM it-VA ja ja-JP jv jv-ID ka ka-GE kea kea-CV kgp kgp-BR ki ki-KE kk kk-Arab \
    kk-Arab-CN kk-CN kk-Cyrl kk-Cyrl-KZ kk-KZ km km-KH kn kn-IN ko ko-CN ko-KP ko-KR kok kok-Deva \
    kok-Deva-IN kok-IN kok-Latn kok-Latn-IN ks ks-Arab ks-Arab-IN ks-Deva ks-Deva-IN ks-IN ksh ksh-DE ku \
    ku-IQ ku-Latn ku-Latn-IQ ku-Latn-SY ku-Latn-TR ku-SY ku-TR kxv kxv-Deva kxv-Deva-IN kxv-IN kxv-Latn \
    kxv-Latn-IN kxv-Telu kxv-Telu-IN ky ky-KG lb lb-LU lij lij-IT lmo lmo-IT lo lo-LA lrc lrc-IR lt lt-LT lv \
    lv-LV mai mai-IN mi mi-NZ mk mk-MK ml ml-IN mn mn-MN mni mni-Beng mni-Beng-IN mni-IN mr mr-IN ms ms-BN \
    ms-ID ms-MY ms-SG mt mt-MT my my-MM mzn mzn-IR nb nds nds-DE nds-NL ne ne-IN ne-NP nl nl-AW nl-BE nl-BQ \
    nl-CW nl-NL nl-SR nl-SX nn nn-NO no no-NO nqo nqo-GN nso nso-ZA oc oc-ES oc-FR om om-ET om-KE or or-IN \
    pa pa-Guru pa-Guru-IN pa-IN pcm pcm-NG pl pl-PL pms pms-IT prg prg-PL ps ps-AF ps-PK pt pt-AO pt-BR \
    pt-CH pt-CV pt-GQ pt-GW pt-LU pt-MO pt-MZ pt-PT pt-ST pt-TL qu qu-BO qu-EC qu-PE raj raj-IN rm rm-CH ro \
    ro-MD ro-RO ru ru-BY ru-KG ru-KZ ru-MD ru-RU ru-UA rw rw-RW sa sa-IN sah sah-RU sat sat-IN sat-Olck \
    sat-Olck-IN sc sc-IT scn scn-IT sd sd-Arab sd-Arab-PK sd-Deva sd-Deva-IN sd-IN sd-PK shn shn-MM shn-TH \
    si si-LK sk sk-SK sl sl-SI so so-DJ so-ET so-KE so-SO sq sq-AL sq-MK sq-XK sr sr-BA sr-Cyrl sr-Cyrl-BA \
    sr-Cyrl-ME sr-Cyrl-RS sr-Cyrl-XK sr-Latn sr-Latn-BA sr-Latn-ME sr-Latn-RS sr-Latn-XK sr-ME sr-RS sr-XK \
    st st-LS st-ZA su su-ID su-Latn su-Latn-ID sv sv-AX sv-FI sv-SE sw sw-CD sw-KE sw-TZ sw-UG syr syr-IQ \
    syr-SY szl szl-PL ta ta-IN ta-LK ta-MY ta-SG te te-IN tg tg-TJ th th-TH ti ti-ER ti-ET tk tk-TM tn tn-BW \
    tn-ZA to to-TO tr tr-CY tr-TR tt tt-RU tyv tyv-RU ug ug-CN uk uk-UA ur ur-IN ur-PK uz uz-AF uz-Arab \
    uz-Arab-AF uz-Cyrl uz-Cyrl-UZ uz-Latn uz-Latn-UZ uz-UZ vai-Latn vai-Latn-LR vec vec-IT vi vi-VN vmw \
    vmw-MZ wo wo-SN xh xh-ZA xnr xnr-IN yo yo-BJ yo-NG yrl yrl-BR yrl-CO yrl-VE yue yue-CN yue-HK yue-Hans \
    yue-Hans-CN yue-Hant yue-Hant-CN yue-Hant-HK yue-Hant-MO yue-MO zh zh-CN zh-HK zh-Hans zh-Hans-CN \
    zh-Hans-HK zh-Hans-MO zh-Hans-MY zh-Hans-SG zh-Hant zh-Hant-HK zh-Hant-MO zh-Hant-MY zh-Hant-TW zh-MO \
    zh-MY zh-SG zh-TW zu zu-ZA";
/// Currencies of AvailableCanonicalCurrencies, ECMA-402 §6.3.1, sorted.
static CURRENCY_TEXT: &str = "\
    AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD \
    CDF CHF CLP CNY COP CRC CUC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF \
    GTQ GYD HKD HNL HRK HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK \
    LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR \
    PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SLL SOS SRD SSP STN SVC \
    SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VES VND VUV WST XAF XCD XCG XDR XOF XPF \
    XSU YER ZAR ZMW ZWG ZWL";
/// Collation types besides `standard` and `search`, sorted.
pub static COLLATIONS: &str = "\
    compat dict emoji eor phonebk pinyin searchjl stroke trad unihan zhuyin";

/// Regions where clocks count to twelve, sorted.
static HOUR12_REGIONS: &str = "\
    AE AG AL AR AS AU BB BD BH BM BN BO BS BT CA CL CO CR CU CY DJ DM DO DZ EC EG EH ER ET FJ FM GD GH GM GR \
    GT GU GY HK HN IN IQ JM JO KH KI KN KP KR KW KY LB LC LR LS LY MH MO MP MR MW MX MY NA NI NZ OM PA PE PG \
    PH PK PR PS PW PY QA SA SB SD SG SL SO SS SV SY SZ TC TD TN TO TT TW UM US UY VC VE VG VI VU WS YE ZM ZZ";
/// Numbering systems of ten digits, sorted.
pub static NUMBERING_SYSTEMS: &str = "\
    adlm ahom arab arabext bali beng bhks brah cakm cham deva diak fullwide gara gong gonm gujr gukh guru \
    hanidec hmng hmnp java kali kawi khmr knda krai lana lanatham laoo latn lepc limb mathbold mathdbl \
    mathmono mathsanb mathsans mlym modi mong mroo mtei mymr mymrepka mymrpao mymrshan mymrtlng nagm newa \
    nkoo olck onao orya osma outlined rohg saur segment shrd sind sinh sora sund sunu takr talu tamldec telu \
    thai tibt tirh tnsa tols vaii wara wcho";
/// Numbering systems of ten digits in a row, and the code point of their zero.
static DIGIT_ZEROS: &str = "\
    adlm:1e950 ahom:11730 arab:660 arabext:6f0 bali:1b50 beng:9e6 bhks:11c50 brah:11066 cakm:11136 cham:aa50 \
    deva:966 diak:11950 fullwide:ff10 gara:10d40 gong:11da0 gonm:11d50 gujr:ae6 gukh:16130 guru:a66 \
    hmng:16b50 hmnp:1e140 java:a9d0 kali:a900 kawi:11f50 khmr:17e0 knda:ce6 krai:16d70 lana:1a80 \
    lanatham:1a90 laoo:ed0 latn:30 lepc:1c40 limb:1946 mathbold:1d7ce mathdbl:1d7d8 mathmono:1d7f6 \
    mathsanb:1d7ec mathsans:1d7e2 mlym:d66 modi:11650 mong:1810 mroo:16a60 mtei:abf0 mymr:1040 \
    mymrepka:116da mymrpao:116d0 mymrshan:1090 mymrtlng:a9f0 nagm:1e4f0 newa:11450 nkoo:7c0 olck:1c50 \
    onao:1e5f1 orya:b66 osma:104a0 outlined:1ccf0 rohg:10d30 saur:a8d0 segment:1fbf0 shrd:111d0 sind:112f0 \
    sinh:de6 sora:110f0 sund:1bb0 sunu:11bf0 takr:116c0 talu:19d0 tamldec:be6 telu:c66 thai:e50 tibt:f20 \
    tirh:114d0 tnsa:16ac0 tols:11de0 vaii:a620 wara:118e0 wcho:1e2f0";
/// Sanctioned single units, ECMA-402 §6.6.2, sorted.
pub static UNITS: &str = "\
    acre bit byte celsius centimeter day degree fahrenheit fluid-ounce foot gallon gigabit gigabyte gram \
    hectare hour inch kilobit kilobyte kilogram kilometer liter megabit megabyte meter microsecond mile \
    mile-scandinavian milliliter millimeter millisecond minute month nanosecond ounce percent petabyte pound \
    second stone terabit terabyte week yard year";
/// Calendars, sorted. (`islamic` and `islamic-rgsa` stand for others.)
pub static CALENDARS: &[&str] = &[
    "buddhist",
    "chinese",
    "coptic",
    "dangi",
    "ethioaa",
    "ethiopic",
    "gregory",
    "hebrew",
    "indian",
    "islamic-civil",
    "islamic-tbla",
    "islamic-umalqura",
    "iso8601",
    "japanese",
    "persian",
    "roc",
];
/// Calendars by region, in the order of preference; `gregory` everywhere else.
static REGION_CALENDARS: &[(&str, &str)] = &[
    ("AE BH KW QA", "gregory islamic-umalqura islamic-civil islamic-tbla"),
    ("AF IR", "persian gregory islamic-civil islamic-tbla"),
    (
        "AL AZ BD DJ DZ EH ER ID IQ JO KM LB LY MA MR MV MY NE OM PK PS SD SY TD TJ TM TN TR UZ XK YE",
        "gregory islamic-civil islamic-tbla",
    ),
    ("CN CX HK MO SG", "gregory chinese"),
    ("EG", "gregory coptic islamic-civil islamic-tbla"),
    ("ET", "gregory ethiopic"),
    ("IL", "gregory hebrew islamic-civil islamic-tbla"),
    ("IN", "gregory indian"),
    ("JP", "gregory japanese"),
    ("KR", "gregory dangi"),
    ("SA", "gregory islamic-umalqura"),
    ("TH", "buddhist gregory"),
    ("TW", "gregory roc chinese"),
];
/// Collation types of languages that have some besides `emoji` and `eor`, which all have.
static LANGUAGE_COLLATIONS: &[(&str, &str)] = &[
    ("ar", "compat"),
    ("bn es fi kn sv vi", "trad"),
    ("de", "phonebk"),
    ("ja", "unihan"),
    ("ko", "searchjl unihan"),
    ("si", "dict"),
    ("zh", "pinyin stroke unihan zhuyin"),
];

/// The digits of a numbering system; None if there is none of that name.
pub fn digits_of(system: &str) -> Option<[char; 10]> {
    if system == "hanidec" {
        return Some(['〇', '一', '二', '三', '四', '五', '六', '七', '八', '九']);
    }
    let (_, zero) = DIGIT_ZEROS
        .split_whitespace()
        .filter_map(|row| row.split_once(':'))
        .find(|(name, _)| *name == system)?;
    let zero = u32::from_str_radix(zero, 16).ok()?;
    let mut digits = ['0'; 10];
    for (digit, code) in digits.iter_mut().zip(zero..) {
        *digit = char::from_u32(code)?;
    }
    Some(digits)
}

fn lookup(table: &'static [(&'static str, &'static str)], key: &str) -> Option<&'static str> {
    table.iter().find(|(keys, _)| keys.split(' ').any(|k| k == key)).map(|(_, values)| *values)
}
/// Calendars in use in a region, the preferred one first.
pub fn calendars_of(region: &str) -> &'static str {
    lookup(REGION_CALENDARS, region).unwrap_or("gregory")
}
/// Collation types of a language, sorted.
pub fn collations_of(language: &str) -> Vec<&'static str> {
    let mut list: Vec<&str> =
        lookup(LANGUAGE_COLLATIONS, language).unwrap_or_default().split_whitespace().collect();
    list.extend(["emoji", "eor"]);
    list.sort_unstable();
    list
}
/// Do clocks count to twelve?
pub fn is_hour12_region(region: &str) -> bool {
    HOUR12_REGIONS.split_whitespace().any(|r| r == region)
}

static LOCALES: LazyLock<Vec<&'static str>> = LazyLock::new(|| LOCALE_TEXT.split_whitespace().collect());
/// Is there data of this locale? The identifier has no extensions.
pub fn is_available(locale: &str) -> bool {
    LOCALES.binary_search(&locale).is_ok()
}
/// All currency codes.
pub fn currencies() -> impl Iterator<Item = &'static str> {
    CURRENCY_TEXT.split_whitespace()
}
