package phone

import (
	"strings"
	"sync"
)

// placeTable has the zones of numbers for which the library has a wrong zone, or one of several. A line has a country
// code, prefixes behind it, and the zones of all of these prefixes. The longest prefix counts. As of 2026-11-26. Zones:
// tzdata 2025b; the sources of the prefixes stand by each country.
const placeTable = `
# North America: NANPA's report of area codes, file of 2025-11-26, column TIME_ZONE.
1 208 986: America/Boise America/Los_Angeles
1 219 574 812 930: America/Indiana/Indianapolis America/Chicago
1 270 364 606: America/New_York America/Chicago
1 308 605 620 701 785: America/Chicago America/Denver
1 310: America/Los_Angeles
1 423 729 931: America/New_York America/Chicago
1 448 850: America/New_York America/Chicago
1 458 541: America/Los_Angeles America/Boise
1 689: America/New_York
1 775: America/Los_Angeles America/Denver
1 906: America/Detroit America/Menominee
1 907: America/Anchorage America/Adak
1 915: America/Denver America/Chicago
# The Navajo Nation keeps summer time, the rest of Arizona does not (tzdata, northamerica).
1 928: America/Phoenix America/Denver
# Canada: the same report; parts of provinces with a clock of their own by tzdata.
1 236 250 257 672 778: America/Vancouver America/Edmonton America/Creston America/Dawson_Creek America/Fort_Nelson
1 306 474 639: America/Regina America/Edmonton
1 367 418 581: America/Toronto America/Halifax America/Blanc-Sablon
1 709 879: America/St_Johns America/Goose_Bay
1 807: America/Toronto America/Atikokan America/Winnipeg
1 867: America/Edmonton America/Inuvik America/Whitehorse America/Dawson America/Cambridge_Bay America/Rankin_Inlet America/Resolute America/Iqaluit

# Russia: ABC codes of the regions; their clocks by tzdata, europe (federal law 107-FZ).
7 401: Europe/Kaliningrad
7 411: Asia/Yakutsk Asia/Khandyga Asia/Vladivostok Asia/Ust-Nera Asia/Srednekolymsk
7 845: Europe/Saratov

# Chile: Subtel's area codes; 32 has Valparaiso and Easter Island, 9 are mobiles.
56 32: America/Santiago Pacific/Easter
56 61: America/Punta_Arenas
56 67: America/Coyhaique
56 9: America/Santiago America/Coyhaique America/Punta_Arenas Pacific/Easter

# Brazil: Anatel's area codes (Resolucao 749/2022), mobiles too.
55: America/Sao_Paulo
55 63: America/Araguaina
55 65 66: America/Cuiaba
55 67: America/Campo_Grande
55 68: America/Rio_Branco
55 69: America/Porto_Velho
55 71 73 74 75 77: America/Bahia
55 79 82: America/Maceio
55 81: America/Recife America/Noronha
55 87: America/Recife
55 83 84 85 86 88 89 98 99: America/Fortaleza
55 91 94 96: America/Belem
55 92: America/Manaus
55 93: America/Santarem
55 95: America/Boa_Vista
55 97: America/Manaus America/Eirunepe

# Mexico: IFT's area codes; Chihuahua's clock since the law of 2022-10-28, with the
# municipalities at the border that go by their neighbours'.
52 614 621 625 627 628 629 635 639 648 652 659: America/Chihuahua
52 636: America/Chihuahua America/Ciudad_Juarez
52 649: America/Chihuahua America/Mazatlan America/Mexico_City
52 862 873 891 892 897: America/Monterrey America/Matamoros

# Congo (Kinshasa): its plan as the ITU publishes it; Kasai, Orientale and Kivu are in the east.
243 4 5: Africa/Lubumbashi

# China: numbers of Xinjiang, where many live by Urumqi's time (tzdata, asia).
86: Asia/Shanghai
86 99 901 902 903 906 908 909: Asia/Shanghai Asia/Urumqi

# Malaysia has one clock, which the library calls by the name of the smaller city.
60: Asia/Kuala_Lumpur

# Ukraine: Crimea's codes.
380: Europe/Kyiv
380 65 69: Europe/Kyiv Europe/Simferopol

# Australia: Telecommunications Numbering Plan 2015, schedule of geographic numbers. The
# Gold Coast's numbers reach over the border to New South Wales.
61 3: Australia/Melbourne Australia/Hobart
61 7: Australia/Brisbane
61 755 756: Australia/Brisbane Australia/Sydney
61 8: Australia/Adelaide Australia/Broken_Hill Australia/Darwin Australia/Perth Australia/Eucla
61 87 880 881 882 883 884 885 886 887 888: Australia/Adelaide Australia/Broken_Hill
61 889: Australia/Darwin
61 86 89: Australia/Perth
61 890: Australia/Perth Australia/Eucla

# Islands of which the numbers do not say which (tzdata, australasia): all zones.
675: Pacific/Port_Moresby Pacific/Bougainville
689: Pacific/Tahiti Pacific/Marquesas Pacific/Gambier
# Australia's stations in Antarctica, filed under Norfolk Island.
672 1: Antarctica/Casey Antarctica/Davis Antarctica/Mawson Antarctica/Macquarie
`

// places are the zones by prefix, such as +1208.
var places = sync.OnceValue(func() map[string][]string {
	zones := map[string][]string{}
	for line := range strings.Lines(placeTable) {
		prefixes, known, ok := strings.Cut(line, ":")
		if !ok || strings.HasPrefix(line, "#") {
			continue
		}
		fields := strings.Fields(prefixes)
		if len(fields) == 1 {
			fields = append(fields, "") // the whole country
		}
		for _, area := range fields[1:] {
			zones["+"+fields[0]+area] = strings.Fields(known)
		}
	}
	return zones
})
