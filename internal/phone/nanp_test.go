package phone_test

import (
	"strings"
	"testing"
	"time"

	"redial/internal/phone"
)

// areaCodes are those of the United States and Canada that are in service, by the clocks
// of their areas: NANPA's report, file of 2025-11-26, column TIME_ZONE.
const areaCodes = `
A: 428 506 782 902
AK: 907
C: 204 205 210 214 217 218 224 225 228 235 251 254 256 262 274 281 306 309 312 314 316 318
C: 319 320 325 327 331 334 337 346 353 361 402 405 409 414 417 430 431 432 447 457 464 469
C: 474 479 501 504 507 512 515 531 534 539 557 563 572 573 580 584 601 608 612 615 618 621
C: 629 630 636 639 641 651 659 660 662 682 708 712 713 715 726 730 731 737 763 769 773 779
C: 806 815 816 817 830 832 847 861 870 872 901 903 913 918 920 924 936 938 940 945 952 956
C: 972 975 979 985
CM: 308 605 620 701 785 915
CMP: 867
E: 201 202 203 207 212 215 216 220 223 226 227 229 231 234 239 240 248 249 252 260 263 267
E: 269 272 276 283 289 301 302 304 305 313 315 317 321 324 326 329 330 332 336 339 343 347
E: 351 352 354 363 365 367 380 382 386 401 404 407 410 412 413 416 418 419 434 436 437 438
E: 440 443 445 450 463 468 470 472 475 478 484 502 508 513 514 516 517 518 519 540 548 551
E: 561 567 570 571 579 581 582 585 586 603 607 609 610 613 614 616 617 624 631 640 645 646
E: 647 656 667 678 679 680 681 683 686 689 703 704 705 706 716 717 718 724 727 728 732 734
E: 740 742 743 753 754 757 762 765 770 771 772 774 781 786 802 803 804 810 813 814 819 821
E: 826 828 835 838 839 843 845 848 854 856 857 859 860 862 863 864 865 873 878 904 905 908
E: 910 912 914 917 919 929 930 934 937 941 942 943 947 948 954 959 973 978 980 984 989
EC: 219 270 364 423 448 574 606 729 807 812 850 906 931
HI: 808
M: 303 307 368 385 403 406 435 480 505 520 575 587 602 623 719 720 748 780 801 825 928 970
M: 983
MP: 208 458 541 775
N: 709 879
P: 206 209 213 236 250 253 257 279 310 323 341 350 357 360 369 408 415 424 425 442 503 509
P: 510 530 559 562 564 604 619 626 628 650 657 661 669 672 702 707 714 725 738 747 760 778
P: 805 818 820 831 837 840 858 909 916 925 949 951 971 986
`

// clocks are the hours from UTC of the report's letters, in January.
var clocks = map[string]float64{"N": -3.5, "A": -4, "E": -5, "C": -6, "M": -7, "P": -8, "AK": -9, "HI": -10}

// A number of every area code is taken, and may be wherever NANPA says that its area is.
func TestAreaCodes(t *testing.T) {
	for line := range strings.Lines(areaCodes) {
		letters, codes, ok := strings.Cut(line, ": ")
		if !ok {
			continue
		}
		want := []string{letters}
		if clocks[letters] == 0 {
			want = strings.Split(letters, "")
		}
		for code := range strings.FieldsSeq(codes) {
			n, err := phone.Parse("+1"+code+"5550123", "")
			if err != nil {
				t.Error(err)
				continue
			}
			for _, letter := range want {
				if code == "867" && letter == "P" { // the Yukon left Pacific time in 2020
					continue
				}
				if !hasClock(t, n.Zones, clocks[letter]) {
					t.Errorf("+1 %s is not in %s: %v", code, letter, n.Zones)
				}
			}
			if len(want) == 1 && len(n.Zones) > 1 && !alsoElsewhere[code] {
				t.Errorf("+1 %s is in %s only, not in %v", code, letters, n.Zones)
			}
		}
	}
}

// alsoElsewhere are area codes with a part of which the report does not say that its clock
// is another one: by tzdata the east of British Columbia, Lloydminster, the Magdalen
// Islands, Labrador, the Aleutians, the Navajo Nation, the south of Idaho; 930 is where
// 812 is.
var alsoElsewhere = map[string]bool{
	"236": true, "250": true, "257": true, "672": true, "778": true, "306": true, "474": true, "639": true,
	"367": true, "418": true, "581": true, "709": true, "879": true, "907": true, "928": true, "930": true, "986": true,
}

func hasClock(t *testing.T, zones []string, hours float64) bool {
	t.Helper()
	for _, z := range zones {
		loc, err := time.LoadLocation(z)
		if err != nil {
			t.Error(err)
			continue
		}
		if _, offset := time.Date(2027, 1, 15, 12, 0, 0, 0, loc).Zone(); float64(offset) == hours*3600 {
			return true
		}
	}
	return false
}
