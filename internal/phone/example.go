package phone

import "github.com/nyaruka/phonenumbers"

// Example is a number of a mobile phone of a region, as numbering plans and documents show it; empty if there is none.
// It may be somebody's: it is to be read, and not to be rung.
func Example(region string) string {
	n := phonenumbers.GetExampleNumberForType(region, phonenumbers.MOBILE)
	if n == nil {
		return ""
	}
	return phonenumbers.Format(n, phonenumbers.E164)
}
