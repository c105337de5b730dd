package page

// A room is a page that stands in the navigation.
type room struct {
	Page string // the name of its template
	Link string // from the root
	Text string // its id in the catalogue
}

// rooms are the pages of the navigation, in its order.
var rooms = []room{
	{"now", "", "nav.now"},
}

// Rooms are those of the navigation.
func (v *view) Rooms() []room { return rooms }
