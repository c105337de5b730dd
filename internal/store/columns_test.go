package store

import (
	"testing"
	"time"

	"redial/internal/call"
)

// A change of any column is noticed, also of a column that is added later.
func TestARowThatHasChangedIsNotTheSame(t *testing.T) {
	row := filled(call.Waiting)
	same := row
	if !sameRow(&row, &same) {
		t.Error("a row is not the same as its copy")
	}
	for i := callFixed; i < len(callColumns(&row)); i++ {
		other := row
		column := callColumns(&other)[i]
		switch f := column.field.(type) {
		case *string:
			*f += "x"
		case *int:
			*f++
		case asText:
			*f.s += "x"
		case asFlag:
			*f.b = !*f.b
		case asMicros:
			*f.t = f.t.Add(time.Microsecond)
		default:
			t.Fatalf("%s: the test can't change a %T", column.name, f)
		}
		if sameRow(&row, &other) {
			t.Errorf("a row is the same with another %s", column.name)
		}
	}
}
