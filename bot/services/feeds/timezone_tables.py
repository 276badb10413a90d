"""Tables for time zones: the usual ones, and what people type that is no zone's name, folded."""

from __future__ import annotations

# Offered before anything is typed: the zones that most people live in, from west to east.
USUAL = (
    "UTC",
    "America/Los_Angeles",
    "America/Denver",
    "America/Chicago",
    "America/New_York",
    "America/Sao_Paulo",
    "Europe/London",
    "Europe/Lisbon",
    "Europe/Paris",
    "Europe/Berlin",
    "Europe/Madrid",
    "Europe/Rome",
    "Europe/Helsinki",
    "Europe/Istanbul",
    "Africa/Lagos",
    "Africa/Cairo",
    "Africa/Johannesburg",
    "Asia/Dubai",
    "Asia/Kolkata",
    "Asia/Singapore",
    "Asia/Shanghai",
    "Asia/Tokyo",
    "Asia/Seoul",
    "Australia/Sydney",
    "Pacific/Auckland",
)

# Cities, states and names of countries that people type and no zone is named after, by zone.
_PLACES: dict[str, str] = {
    "Africa/Accra": "kumasi",
    "Africa/Cairo": "alexandria giza",
    "Africa/Casablanca": "marrakesh rabat",
    "Africa/Johannesburg": "capetown durban pretoria stellenbosch",
    "Africa/Kigali": "rwanda",
    "Africa/Lagos": "abuja ibadan",
    "Africa/Nairobi": "mombasa",
    "America/Bogota": "cali medellin",
    "America/Chicago": (
        "austin champaign dallas houston illinois iowa kansascity louisiana madison memphis milwaukee "
        "minneapolis minnesota missouri nashville neworleans oklahomacity omaha saintlouis sanantonio "
        "stlouis texas urbana wisconsin"
    ),
    "America/Denver": "albuquerque boulder colorado coloradosprings montana newmexico saltlakecity utah",
    "America/Detroit": "annarbor",
    "America/Edmonton": "alberta calgary",
    "America/Guayaquil": "quito",
    "America/Los_Angeles": (
        "bayarea berkeley california cupertino irvine la lasvegas menlopark mountainview nevada oakland "
        "oregon paloalto pasadena portland redmond sacramento sandiego sanfrancisco sanjose "
        "santabarbara seattle sf siliconvalley stanford"
    ),
    "America/Mexico_City": "guadalajara puebla",
    "America/New_York": (
        "atlanta baltimore boston brooklyn charlotte cleveland columbus connecticut durham florida "
        "ithaca jacksonville maryland massachusetts miami newengland newhaven newjersey northcarolina "
        "nyc ohio orlando pennsylvania philadelphia pittsburgh princeton raleigh tampa virginia "
        "washington washingtondc"
    ),
    "America/Phoenix": "scottsdale tucson",
    "America/Sao_Paulo": "belohorizonte brasilia campinas curitiba portoalegre riodejaneiro",
    "America/Toronto": "hamilton kingstonontario mississauga ontario ottawa quebec quebeccity waterloo",
    "America/Vancouver": "britishcolumbia victoriabc",
    "Asia/Bangkok": "chiangmai",
    "Asia/Colombo": "kandy",
    "Asia/Dhaka": "chittagong",
    "Asia/Dubai": "abudhabi emirates sharjah uae",
    "Asia/Ho_Chi_Minh": "danang haiphong hanoi hcmc vietnam",
    "Asia/Hong_Kong": "hk kowloon",
    "Asia/Jakarta": "bandung surabaya yogyakarta",
    "Asia/Jerusalem": "haifa rehovot technion",
    "Asia/Karachi": "faisalabad islamabad lahore rawalpindi",
    "Asia/Kolkata": (
        "ahmedabad bangalore bengaluru bharat bombay chennai delhi gurgaon gurugram hyderabad jaipur "
        "kanpur kochi lucknow madras mumbai newdelhi noida pune"
    ),
    "Asia/Kuala_Lumpur": "kl penang",
    "Asia/Manila": "cebu quezoncity",
    "Asia/Riyadh": "dhahran jeddah mecca thuwal",
    "Asia/Seoul": "busan daegu daejeon incheon korea pohang southkorea ulsan",
    "Asia/Shanghai": (
        "beijing canton changsha chengdu dalian guangzhou hangzhou hefei jinan nanjing ningbo peking "
        "qingdao shenzhen suzhou tianjin wuhan xiamen xian zhengzhou"
    ),
    "Asia/Taipei": "hsinchu kaohsiung taichung tainan",
    "Asia/Tokyo": "fukuoka hiroshima kobe kyoto nagoya nara nippon osaka sapporo sendai tsukuba yokohama",
    "Australia/Brisbane": "goldcoast",
    "Australia/Melbourne": "geelong",
    "Australia/Sydney": "newcastlensw newsouthwales wollongong",
    "Europe/Amsterdam": (
        "delft denhaag eindhoven groningen holland leiden nederland rotterdam thehague utrecht"
    ),
    "Europe/Athens": "thessaloniki",
    "Europe/Belgrade": "novisad",
    "Europe/Berlin": (
        "aachen bavaria bayern bonn bremen cologne darmstadt deutschland dresden dusseldorf frankfurt "
        "frankfurtammain freiburg gottingen hamburg hannover hanover heidelberg karlsruhe koln leipzig "
        "munchen munich nuremberg nurnberg potsdam saarbrucken stuttgart tubingen"
    ),
    "Europe/Brussels": "antwerp bruxelles ghent leuven liege",
    "Europe/Bucharest": "cluj clujnapoca iasi timisoara",
    "Europe/Budapest": "szeged",
    "Europe/Copenhagen": "aarhus",
    "Europe/Dublin": "cork galway",
    "Europe/Helsinki": "aalto espoo tampere turku",
    "Europe/Istanbul": "ankara izmir turkiye",
    "Europe/Kyiv": "kharkiv lviv odesa",
    "Europe/Lisbon": "coimbra porto",
    "Europe/London": (
        "birmingham bristol cambridge cardiff edinburgh england glasgow greatbritain leeds liverpool "
        "manchester newcastle northernireland nottingham oxford scotland sheffield uk unitedkingdom "
        "wales"
    ),
    "Europe/Madrid": "barcelona bilbao espana malaga sevilla seville valencia zaragoza",
    "Europe/Moscow": "kazan nizhnynovgorod saintpetersburg stpetersburg",
    "Europe/Oslo": "bergen trondheim",
    "Europe/Paris": "bordeaux grenoble lille lyon marseille nantes nice saclay strasbourg toulouse",
    "Europe/Prague": "brno czechia praha",
    "Europe/Rome": (
        "bologna firenze florence genoa italia milan milano naples napoli padua pisa roma torino trento "
        "turin venice"
    ),
    "Europe/Stockholm": "goteborg gothenburg linkoping lund malmo uppsala",
    "Europe/Vienna": "graz innsbruck linz osterreich salzburg wien",
    "Europe/Warsaw": "cracow gdansk krakow poznan warszawa wroclaw wrocław",
    "Europe/Zurich": "basel bern geneva geneve genf lausanne lugano schweiz suisse",
    "Pacific/Auckland": "christchurch dunedin wellington",
}
PLACES = {place: zone for zone, places in _PLACES.items() for place in places.split()}

# What zones are called in short; the first is the one that most people mean.
ABBREVIATIONS: dict[str, tuple[str, ...]] = {
    "pst": ("America/Los_Angeles",),
    "pdt": ("America/Los_Angeles",),
    "pt": ("America/Los_Angeles",),
    "pacific": ("America/Los_Angeles",),
    "pacifictime": ("America/Los_Angeles",),
    "mst": ("America/Denver", "America/Phoenix"),
    "mdt": ("America/Denver", "America/Phoenix"),
    "mt": ("America/Denver", "America/Phoenix"),
    "mountain": ("America/Denver", "America/Phoenix"),
    "mountaintime": ("America/Denver", "America/Phoenix"),
    "cst": ("America/Chicago", "Asia/Shanghai"),
    "cdt": ("America/Chicago",),
    "ct": ("America/Chicago",),
    "central": ("America/Chicago",),
    "centraltime": ("America/Chicago",),
    "est": ("America/New_York",),
    "edt": ("America/New_York",),
    "et": ("America/New_York",),
    "eastern": ("America/New_York",),
    "easterntime": ("America/New_York",),
    "akst": ("America/Anchorage",),
    "akdt": ("America/Anchorage",),
    "hst": ("Pacific/Honolulu",),
    "ast": ("America/Halifax",),
    "adt": ("America/Halifax",),
    "nst": ("America/St_Johns",),
    "ndt": ("America/St_Johns",),
    "gmt": ("Europe/London", "Africa/Accra"),
    "bst": ("Europe/London",),
    "wet": ("Europe/Lisbon",),
    "west": ("Europe/Lisbon",),
    "cet": (
        "Europe/Berlin",
        "Europe/Paris",
        "Europe/Madrid",
        "Europe/Rome",
        "Europe/Amsterdam",
        "Europe/Warsaw",
    ),
    "cest": (
        "Europe/Berlin",
        "Europe/Paris",
        "Europe/Madrid",
        "Europe/Rome",
        "Europe/Amsterdam",
        "Europe/Warsaw",
    ),
    "met": (
        "Europe/Berlin",
        "Europe/Paris",
        "Europe/Madrid",
        "Europe/Rome",
        "Europe/Amsterdam",
        "Europe/Warsaw",
    ),
    "mest": (
        "Europe/Berlin",
        "Europe/Paris",
        "Europe/Madrid",
        "Europe/Rome",
        "Europe/Amsterdam",
        "Europe/Warsaw",
    ),
    "mez": (
        "Europe/Berlin",
        "Europe/Paris",
        "Europe/Madrid",
        "Europe/Rome",
        "Europe/Amsterdam",
        "Europe/Warsaw",
    ),
    "mesz": (
        "Europe/Berlin",
        "Europe/Paris",
        "Europe/Madrid",
        "Europe/Rome",
        "Europe/Amsterdam",
        "Europe/Warsaw",
    ),
    "eet": ("Europe/Helsinki", "Europe/Athens", "Europe/Bucharest", "Africa/Cairo"),
    "eest": ("Europe/Helsinki", "Europe/Athens", "Europe/Bucharest", "Africa/Cairo"),
    "oez": ("Europe/Helsinki", "Europe/Athens", "Europe/Bucharest", "Africa/Cairo"),
    "msk": ("Europe/Moscow",),
    "trt": ("Europe/Istanbul",),
    "ist": ("Asia/Kolkata", "Europe/Dublin", "Asia/Jerusalem"),
    "idt": ("Asia/Jerusalem",),
    "gst": ("Asia/Dubai",),
    "pkt": ("Asia/Karachi",),
    "npt": ("Asia/Kathmandu",),
    "bdt": ("Asia/Dhaka",),
    "ict": ("Asia/Bangkok", "Asia/Ho_Chi_Minh"),
    "wib": ("Asia/Jakarta",),
    "sgt": ("Asia/Singapore",),
    "myt": ("Asia/Kuala_Lumpur",),
    "hkt": ("Asia/Hong_Kong",),
    "pht": ("Asia/Manila",),
    "awst": ("Australia/Perth",),
    "jst": ("Asia/Tokyo",),
    "kst": ("Asia/Seoul",),
    "acst": ("Australia/Adelaide",),
    "acdt": ("Australia/Adelaide",),
    "aest": ("Australia/Sydney", "Australia/Brisbane"),
    "aedt": ("Australia/Sydney",),
    "nzst": ("Pacific/Auckland",),
    "nzdt": ("Pacific/Auckland",),
    "nzt": ("Pacific/Auckland",),
    "sast": ("Africa/Johannesburg",),
    "eat": ("Africa/Nairobi",),
    "wat": ("Africa/Lagos",),
    "brt": ("America/Sao_Paulo",),
    "art": ("America/Argentina/Buenos_Aires",),
    "clt": ("America/Santiago",),
    "clst": ("America/Santiago",),
    "cot": ("America/Bogota",),
}

# Countries under the names that people type, where the table of countries has another; folded.
COUNTRIES = {
    "usa": "US",
    "us": "US",
    "unitedstatesofamerica": "US",
    "unitedstates": "US",
    "america": "US",
    "brasil": "BR",
    "koreasouth": "KR",
    "northkorea": "KP",
    "russianfederation": "RU",
    "frankreich": "FR",
    "mexiko": "MX",
    "polska": "PL",
    "norge": "NO",
    "sverige": "SE",
    "danmark": "DK",
    "suomi": "FI",
    "ivorycoast": "CI",
    "macedonia": "MK",
    "burma": "MM",
    "bosnia": "BA",
    "czechia": "CZ",
    "trinidad": "TT",
    "saudi": "SA",
    "drc": "CD",
}
